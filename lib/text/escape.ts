import { stripVTControlCharacters } from "node:util";

/** Characters by which others' words could do something to the terminal that shows them; not the tab. */
// deno-lint-ignore no-control-regex -- that is the point
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A line of others' words without colors, and with other control characters spelled out. */
export function escapeControls(line: string): string {
  return stripVTControlCharacters(line.replace(/\r$/, "")).replace(
    CONTROLS,
    (character) =>
      "\\x" + character.charCodeAt(0).toString(16).padStart(2, "0"),
  );
}
