import { SLOTS } from "../instance/slots.ts";
import {
  heldVariable,
  linkKey,
  slotVariable,
  upstreamOf,
} from "./identifiers.ts";
import { slotsIn } from "./service.ts";
import { gateLines, holdAddress, holdFile, steeringLines } from "./steering.ts";
import type { PlannedPass } from "./plan.ts";

/**
 * Chooses the slot that serves each request: the first one, unless a file behind the link
 * names another for the request's bucket. A service without slots has nothing to choose.
 */
function choiceLines(
  { service: { slots, ...service }, variable, bucket }: PlannedPass,
  live: string,
): string[] {
  const { name } = service;
  if (slots === undefined) return [`set ${heldVariable(name)} "";`];
  const [first = "", ...others] = slotsIn({ slots, ...service })
    .map(([slot]) => upstreamOf(name, slot));
  const link = `${live}/${linkKey(name, true)}`;
  const slot = slotVariable(variable);
  return [
    `set ${slot} ${first};`,
    ...others.map((upstream) =>
      `if (-e "${link}/${upstream.at(-1)}${bucket}") ` +
      `{ set ${slot} ${upstream}; }`
    ),
    `set ${variable} "${slot}$zdd__alone";`,
  ];
}

/** Sends a held request to the socket where requests are held. */
function heldLines(
  { service: { name, slots }, variable }: PlannedPass,
  live: string,
): string[] {
  if (holdAddress(live, upstreamOf(name, SLOTS[0])) === undefined) return [];
  const held = `if (-e "${holdFile(name)}")`;
  if (slots === undefined) {
    return [`${held} { set ${heldVariable(name)} held; }`];
  }
  return [
    "set $zdd__way $zdd__alone;",
    `${held} { set $zdd__way _hold; }`,
    `set ${variable} "${slotVariable(variable)}$zdd__way";`,
  ];
}

/**
 * Decides for each request which instance serves it, and whether it is turned away or held.
 *
 * @param passes one for each variable
 * @param canEnd see `steeringLines`
 */
export function decisionLines(
  passes: readonly PlannedPass[],
  live: string,
  canEnd: boolean,
): string[] {
  return [
    ...gateLines(),
    ...passes.flatMap((pass) => choiceLines(pass, live)),
    ...steeringLines(live, canEnd),
    ...passes.flatMap((pass) => heldLines(pass, live)),
  ];
}
