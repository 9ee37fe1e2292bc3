/**
 * Characters by which others' words could do something to the terminal that shows them:
 * those of C0, but for tab and newline, DEL, and those of C1 (ECMA-48).
 */
// deno-lint-ignore no-control-regex -- that is the point
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A text with its control characters spelled out, as `\x1b`; tabs and newlines stay. */
export function spellControls(text: string): string {
  return text.replace(
    CONTROLS,
    (character) =>
      "\\x" + character.charCodeAt(0).toString(16).padStart(2, "0"),
  );
}
