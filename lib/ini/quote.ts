/** The text in double quotes, on one line and cut to `length` characters, as messages show it. */
export function quote(text: string, length = 60): string {
  return JSON.stringify(
    text.length > length ? text.slice(0, length - 1) + "…" : text,
  );
}
