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
