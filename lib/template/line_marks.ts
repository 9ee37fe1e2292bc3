// Finds out where each line of a rendered text comes from: each line of the template gets a
// mark at its beginning, which is removed again after the rendering.

/** A rendered template. */
export interface RenderedText {
  text: string;
  /** For each line of the text, the template's line that it comes from. */
  lines: number[];
}

/** The characters before and after a line number in a mark. */
const [LINE, LINE_END] = ["\ue00e", "\ue00f"];

/**
 * Marks each line of a part of a template with its number.
 *
 * @param line the line that the part begins in, from 1
 */
export function markLines(text: string, line: number): string {
  let number = line;
  return LINE + number + LINE_END +
    text.replace(
      /\r\n|\r|\n/g,
      (end) => end + LINE + ++number + LINE_END,
    );
}

/** Removes the marks from a text. */
export function takeLines(marked: string): RenderedText {
  const lines: number[] = [];
  let last = 1;
  const text = marked.split("\n").map((line) => {
    const [prefix = ""] = /^(?:\s|\ue00e\d+\ue00f)*/.exec(line) ?? [];
    last = lastNumber(prefix) ?? last;
    lines.push(last);
    last = lastNumber(line) ?? last;
    return line.replaceAll(/\ue00e\d+\ue00f/g, "");
  });
  return { text: text.join("\n"), lines };
}

function lastNumber(marked: string): number | undefined {
  const number = [...marked.matchAll(/\ue00e(\d+)\ue00f/g)].at(-1)?.[1];
  return number === undefined ? undefined : Number(number);
}
