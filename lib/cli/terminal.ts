/**
 * Stands for the escape character in what zdd itself draws; output.ts prints that one in
 * its place. It is a lone surrogate: UTF-8 can't spell one, so that it is in no text that
 * zdd has read.
 */
export const ESCAPE = "\uDC1B";

/** Where ESCAPE begins what zdd draws with: colors, and moves of the cursor (ECMA-48, xterm). */
export const OWN_ESCAPES = new RegExp(
  `${ESCAPE}(?=\\[(?:\\d{1,2}m|\\d{1,5}F|\\?1049[hl]|[HJK]))`,
  // So that it isn't found as the half of another character.
  "gu",
);

/** Whether a terminal of this TERM understands more than text. */
export function isCapable(term: string | undefined): boolean {
  return term !== undefined && term !== "" && term !== "dumb";
}

/** The size of the terminal; the usual one where it doesn't tell. */
export function screenSize(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    if (columns > 0 && rows > 0) return { columns, rows };
  } catch { /* no terminal */ }
  return { columns: 80, rows: 24 };
}

/** Whether the locale says that the terminal shows UTF-8 (POSIX, Environment Variables). */
export function knowsUnicode(): boolean {
  const names = ["LC_ALL", "LC_CTYPE", "LANG"];
  const locale = names.map((name) => Deno.env.get(name))
    .find((value) => value !== undefined && value !== "");
  return /utf-?8/i.test(locale ?? "");
}
