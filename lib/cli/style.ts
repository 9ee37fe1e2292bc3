import { ESCAPE, isCapable } from "./terminal.ts";

/** When zdd prints in color. */
export const COLOR_WHEN = ["always", "never", "auto"] as const;
export type ColorWhen = typeof COLOR_WHEN[number];

/** How text is styled for the terminal; unchanged if styles are off. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** No colors. */
export const PLAIN: Style = {
  bold: String,
  dim: String,
  red: String,
  green: String,
  yellow: String,
};

/** Colors: ECMA-48, "select graphic rendition". */
export const COLORED: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
};

/** The style for one of the two streams. */
export function styleOf(
  stream: { isTerminal(): boolean },
  when: ColorWhen,
): Style {
  if (when !== "auto") return when === "always" ? COLORED : PLAIN;
  // https://no-color.org
  const refused = (Deno.env.get("NO_COLOR") ?? "") !== "" ||
    !isCapable(Deno.env.get("TERM"));
  return stream.isTerminal() && !refused ? COLORED : PLAIN;
}

/** How many columns a text takes, without its colors. */
export function widthOf(text: string): number {
  return text.replaceAll(SGR, "").length;
}

/** The first columns of a line. All color sequences are kept, so that colors end. */
export function cut(line: string, columns: number): string {
  let room = columns;
  return line.split(SGR).map((part) => {
    if (part.match(SGR) !== null) return part;
    const shown = part.slice(0, Math.max(0, room)).toWellFormed();
    room -= shown.length;
    return shown;
  }).join("");
}

const SGR = new RegExp(`(${ESCAPE}\\[\\d+m)`, "gu");

function sgr(on: number, off: number): (text: string) => string {
  return (text) => `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m`;
}
