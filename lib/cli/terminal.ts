/**
 * Stands for the escape character in zdd's own escape sequences; output.ts prints the real
 * one in its place. It is a lone surrogate, which UTF-8 can't encode, so no text that zdd
 * has read contains it.
 */
export const ESCAPE = "\uDC1B";

/** ESCAPE at the start of a color or cursor sequence that zdd uses (ECMA-48, xterm). */
export const OWN_ESCAPES = new RegExp(
  `${ESCAPE}(?=\\[(?:\\d{1,2}m|\\d{1,5}F|\\?1049[hl]|[HJK]))`,
  // With "u", it doesn't match half of another character.
  "gu",
);

/** Whether a terminal with this TERM understands escape sequences. */
export function isCapable(term: string | undefined): boolean {
  return term !== undefined && term !== "" && term !== "dumb";
}

/** The size of the terminal; 80 columns and 24 rows if it is unknown. */
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
