/** The name of a service's link in `live`, and its key in the state. */
export function linkKey(service: string, hasSlots: boolean): string {
  return `${hasSlots ? "slots" : "to"}:${service}`;
}

/**
 * The variable that says which instance serves. Names of nginx's variables have letters,
 * digits and underscores.
 *
 * @param number from 1, if a service has several
 */
export function variableOf(name: string, number = 1): string {
  return `$zdd_${identifier(name)}${numbered(number)}`;
}

/** The variable that says which slot serves, even if the request is held or verified. */
export function slotVariable(variable: string): string {
  return `${variable}_slot`;
}

/** The variable that says whether a request to a service without slots is held. */
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

/** Escapes characters other than letters and digits, so that no two names become the same. */
function identifier(name: string): string {
  return name.replace(
    /[^A-Za-z0-9]/g,
    (character) => `_${character.codePointAt(0)?.toString(16)}_`,
  );
}
