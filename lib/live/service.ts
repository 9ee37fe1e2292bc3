import type { Slots } from "../instance/slots.ts";

/** What nginx must know about a service that is switched live. */
export interface LiveService {
  name: string;
  /** The addresses of each slot; undefined if the service chooses its own. */
  slots?: Slots;
  instances: number;
  /** How many connections each worker keeps to a slot; 0 for none. */
  keepalive: number;
}

/** Whether nginx keeps connections to it. This needs addresses known in advance. */
export function hasPool({ slots, keepalive }: LiveService): boolean {
  return slots !== undefined && keepalive > 0;
}

/**
 * The slots that have addresses, in order. The first one serves if no file names another.
 */
export function slotsIn({ slots = {} }: LiveService): [string, Addresses][] {
  return Object.entries(slots)
    .filter(([, addresses]) => addresses.length > 0)
    .toSorted(([a], [b]) => a < b ? -1 : 1);
}

type Addresses = readonly string[];

/** The error if the template names a worker. */
export function hasNoAddress(name: string): TypeError {
  return new TypeError(
    `${name} has no address that requests could be passed to: it is a worker ` +
      "(port: none)",
  );
}
