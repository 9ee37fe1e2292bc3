import type { Slots } from "../instance/slots.ts";

/** The name of a service's link in `live`, which is its key in the state. */
export function linkKey(service: string, hasSlots: boolean): string {
  return hasSlots ? service : `to:${service}`;
}

/** The variable that tells who serves. nginx's have letters, digits and underscores in their names. */
export function variableOf(name: string): string {
  return "$zdd_" + identifier(name);
}

/** The upstream of a slot. */
export function upstreamOf(name: string, slot: keyof Slots): string {
  return `zdd_${identifier(name)}_${slot}`;
}

/** `web` stays; what has other characters is spelled out, so that no two become one. */
function identifier(name: string): string {
  return name.replace(
    /[^A-Za-z0-9]/g,
    (character) => `_${character.codePointAt(0)?.toString(16)}_`,
  );
}
