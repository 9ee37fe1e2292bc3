// Where each line of a rendered text comes from: a mark at the beginning of each of the
// template's lines goes through the rendering, and is taken out of what it made.

/** What a template makes. */
export interface RenderedText {
  text: string;
  /** The template's line that each line of the text comes from, the first one's first. */
  lines: number[];
}

/** What stands before the number of a template's line, and after it, until they are taken out. */
const [LINE, LINE_END] = ["\ue00e", "\ue00f"];

/**
 * A part of a template with the number of each of its lines before it.
 *
 * @param line the number of the line that it begins in, from 1
 */
export function markLines(text: string, line: number): string {
  let number = line;
  return LINE + number + LINE_END +
    text.replace(
      /\r\n|\r|\n/g,
      (end) => end + LINE + ++number + LINE_END,
    );
}

/** Takes the numbers of the lines out of a text. */
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
