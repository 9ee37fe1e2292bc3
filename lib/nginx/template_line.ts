import { basename } from "@std/path";

/** The template's line that each line of the rendered file comes from, the first one's first. */
export type TemplateLines = readonly number[];

/** nginx's words with the template's line after that of the rendered file. */
export function withTemplateLine(
  words: string,
  rendered: string,
  template: string,
  lines: TemplateLines,
): string {
  const [, file, number] = / in (.+):(\d+)$/.exec(words) ?? [];
  const line = file === rendered ? lines[Number(number) - 1] : undefined;
  return line === undefined
    ? words
    : `${words} (${basename(template)}:${line})`;
}
