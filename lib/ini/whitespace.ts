/** A text without the blanks around it. */
export function strip(text: string): string {
  return stripEnd(text.slice(blanksBefore(text)));
}

/** A text without the blanks at its end. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** How many blanks a line begins with. */
export function blanksBefore(text: string): number {
  let count = 0;
  while (isBlank(text.charCodeAt(count))) count++;
  return count;
}

/**
 * Whether Python's `str.isspace()` is true: unlike for `trim()`, U+001C to U+001F and U+0085
 * are blank, and U+FEFF isn't. False for NaN, the code beyond either end of a text.
 */
function isBlank(code: number): boolean {
  if (code < 0x80) {
    return code === 0x20 || (code >= 0x09 && code <= 0x0d) ||
      (code >= 0x1c && code <= 0x1f);
  }
  return code === 0x85 || code === 0xa0 || code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) || code === 0x2028 || code === 0x2029 ||
    code === 0x202f || code === 0x205f || code === 0x3000;
}
