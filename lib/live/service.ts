import type { Slots } from "../instance/slots.ts";

/** What nginx must know of a service that is switched live. */
export interface LiveService {
  name: string;
  /** The addresses of each slot; undefined if the service chooses its own. */
  slots?: Slots;
  instances: number;
  /** How many connections each worker keeps to a slot; 0: none. */
  keepalive: number;
}

/** Whether nginx keeps connections to it: it needs the addresses in advance. */
export function hasPool({ slots, keepalive }: LiveService): boolean {
  return slots !== undefined && keepalive > 0;
}
