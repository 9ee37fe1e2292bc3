/** The name of a service's link in `live`, which is its key in the state. */
export function linkKey(service: string, hasSlots: boolean): string {
  return `${hasSlots ? "slots" : "to"}:${service}`;
}

/**
 * The variable that tells who serves. nginx's have letters, digits and underscores in
 * their names.
 *
 * @param number which one of several of the same service it is, from 1
 */
export function variableOf(name: string, number = 1): string {
  return `$zdd_${identifier(name)}${numbered(number)}`;
}

/** The variable that tells which slot serves, whatever the request goes through. */
export function slotVariable(variable: string): string {
  return `${variable}_slot`;
}

/** The variable that tells whether a request to a service without slots is held. */
export function heldVariable(name: string): string {
  return `$zdd__held_${identifier(name)}`;
}

/** The upstream of a slot. */
export function upstreamOf(name: string, slot: string): string {
  return `zdd_${identifier(name)}_${slot}`;
}

/** `_2`, `_3`, …; nothing for the first. */
export function numbered(number: number): string {
  return number === 1 ? "" : `_${number}`;
}

/** `web` stays; what has other characters is spelled out, so that no two become one. */
function identifier(name: string): string {
  return name.replace(
    /[^A-Za-z0-9]/g,
    (character) => `_${character.codePointAt(0)?.toString(16)}_`,
  );
}
