/** A part of a template: a tag `<% … %>`, or the text between two. */
export interface Part {
  text: string;
  /** Where it begins in the template. */
  start: number;
  isTag: boolean;
}

/** The parts of a template, in order. Joined, they are the template. */
export function splitTags(template: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const { index, 0: text } of template.matchAll(/<%[^]*?(?:%>|$)/g)) {
    parts.push({
      text: template.slice(done, index),
      start: done,
      isTag: false,
    });
    parts.push({ text, start: index, isTag: true });
    done = index + text.length;
  }
  parts.push({ text: template.slice(done), start: done, isTag: false });
  return parts;
}

/** A `{NAME}`. */
export interface Placeholder {
  name: string;
  /** With its braces. */
  written: string;
  index: number;
  /**
   * Whether it is unlikely to be nginx's own: it begins like a name, not like the number in
   * `\d{3}`, and isn't in a comment.
   */
  isLikely: boolean;
}

/**
 * Every `{NAME}` that can be a placeholder: not `${variable}` or a regular expression's
 * `\p{L}`.
 */
export function placeholders(text: string): Placeholder[] {
  const pattern = /(?<!\$)(?<!\\[A-Za-z])\{([\p{L}\p{N}_][\p{L}\p{N}_.-]*)\}/gu;
  return [...text.matchAll(pattern)].map((
    { index, 0: written, 1: name = "" },
  ) => ({
    name,
    written,
    index,
    isLikely: /^[\p{L}_]/u.test(name) && !isComment(text, index),
  }));
}

/** The names in `it.NAME` and `it["NAME"]` of a tag, outside strings and comments. */
export function namesOfIt(tag: string): { name: string; index: number }[] {
  const pattern =
    /(?<![\w.$])it(?:\??\.([A-Za-z_$][\w$]*)|\[(["'`])([^"'`]+)\2\])|\/\*[^]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
  return [...tag.matchAll(pattern)].flatMap(
    ({ index, 1: dotted, 3: quoted }) => {
      const name = dotted ?? quoted;
      return name === undefined ? [] : [{ name, index }];
    },
  );
}

/** The line number of a place in a text, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split(/\r\n|\r|\n/).length;
}

/** Whether a place in nginx.conf is after an unquoted `#`. */
export function isComment(text: string, index: number): boolean {
  const lineStart = Math.max(
    text.lastIndexOf("\n", index),
    text.lastIndexOf("\r", index),
  ) + 1;
  const line = text.slice(lineStart, index)
    .replace(/\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, "");
  return /(^|[\s;{}])#/.test(line);
}
