import { type Slot, SLOTS } from "../instance/slots.ts";
import { bucketsOfCanary, bucketsOfCurrent } from "./buckets.ts";

/** An instance that a link leads to. */
export interface Destination {
  id: string;
  /** `127.0.0.1:45643` or `unix:/path`. */
  address: string;
  slot?: Slot;
}

/** Where a service's requests go. */
export interface Route {
  current: readonly Destination[];
  canary?: { instances: readonly Destination[]; percent: number };
}

/** The buckets that each slot serves. */
export function bucketsOfSlots({ current, canary }: Route): {
  slot: Slot;
  buckets: string[];
}[] {
  const percent = canary?.percent ?? 0;
  return [
    { slot: slotIn(current), buckets: bucketsOfCurrent(percent) },
    ...canary === undefined
      ? []
      : [{ slot: slotIn(canary.instances), buckets: bucketsOfCanary(percent) }],
  ];
}

/** The name of a directory in `.slots`, by its contents: `b`, `b+a10`. */
export function nameOfSlots({ current, canary }: Route): string {
  return canary === undefined
    ? slotIn(current)
    : `${slotIn(current)}+${slotIn(canary.instances)}${canary.percent}`;
}

function slotIn([first]: readonly Destination[]): Slot {
  return first?.slot ?? SLOTS[0];
}

/** The slots that serve, by a link's text: the current release's, then the canary's. */
export function slotsInLink(target: string): Slot[] {
  const [, ...names] = /^\.slots\/([a-z])(?:\+([a-z])\d+)?$/.exec(target) ??
    [];
  return names.flatMap((name) => SLOTS.filter((slot) => slot === name));
}

/** The slot that gets most requests, by a link's text; undefined if it leads to no slots. */
export function mainSlot(target: string): Slot | undefined {
  const [, current, canary, percent] =
    /^\.slots\/([a-z])(?:\+([a-z])(\d+))?$/.exec(target) ?? [];
  const main = Number(percent ?? 0) > 50 ? canary : current;
  return SLOTS.find((slot) => slot === main);
}
