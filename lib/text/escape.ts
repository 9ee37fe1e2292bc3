import { stripVTControlCharacters } from "node:util";
import { spellControls } from "./controls.ts";

/** A line of foreign text without colors, and with other control characters spelled out. */
export function escapeControls(line: string): string {
  return spellControls(stripVTControlCharacters(line.replace(/\r$/, "")));
}
