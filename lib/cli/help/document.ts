import { PLAIN, type Style, widthOf } from "../style.ts";

/**
 * A part of a text that is printed as help and as a man page. `code` in backticks is bold
 * if possible.
 */
export type Block =
  | { heading: string }
  | { text: string }
  /** Terms, each with what it means. */
  | { items: readonly (readonly [term: string, meaning: string])[] }
  /** Lines that stay as they are. */
  | { code: string };

/** If a term is wider than this, its meaning goes below it. In columns. */
const WIDEST_TERM = 24;

/** Renders blocks as text, wrapped between words to `width` columns. */
export function renderText(
  blocks: readonly Block[],
  { width = 80, style = PLAIN }: { width?: number; style?: Style } = {},
): string {
  const parts = blocks.map((block) => {
    if ("heading" in block) return style.bold(`${block.heading}:`);
    if ("text" in block) return wrap(marked(block.text, style), width);
    if ("code" in block) return indent(block.code, 4);
    return itemsText(block.items, width, style);
  });
  // No empty line between a heading and its text.
  return parts.map((part, i) => {
    const before = blocks[i - 1];
    if (i === 0) return part;
    return (before && "heading" in before ? "\n" : "\n\n") + part;
  }).join("");
}

function itemsText(
  items: readonly (readonly [term: string, meaning: string])[],
  width: number,
  style: Style,
): string {
  const terms = items.map(([term]) => term.length)
    .filter((length) => length <= WIDEST_TERM);
  const column = Math.min(Math.max(0, ...terms) + 4, Math.floor(width / 2));
  return items.map(([term, meaning]) => {
    const lines = wrap(marked(meaning, style), width - column).split("\n");
    const head = "  " + style.bold(term);
    const room = column - 2 - term.length;
    const below = lines.map((line) => " ".repeat(column) + line);
    if (room < 2) return [head, ...below].join("\n");
    return [head + " ".repeat(room) + lines[0], ...below.slice(1)].join("\n");
  }).join("\n");
}

/** Text with bold in place of backticks. */
function marked(text: string, style: Style): string {
  return text.replace(
    /`([^`]*)`/g,
    (_, code: string) => code.split(" ").map(style.bold).join(" "),
  );
}

function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

function indent(text: string, columns: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(columns));
}
