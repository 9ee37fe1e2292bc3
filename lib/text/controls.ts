/**
 * Characters by which foreign text could control the terminal that shows it: C0 except tab
 * and newline, DEL, C1 (ECMA-48), and those that change the direction of the text (Unicode
 * Standard Annex 9).
 */
const CONTROLS =
  // deno-lint-ignore no-control-regex -- it is about control characters
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text with its control characters spelled out, such as `\x1b`; tabs and newlines stay. */
export function spellControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
  });
}
