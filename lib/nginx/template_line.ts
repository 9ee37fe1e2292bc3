import { basename } from "@std/path";

/** For each line of the rendered file, the template's line that it comes from. */
export type TemplateLines = readonly number[];

/** A message of nginx with the template's line after the rendered file's. */
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
