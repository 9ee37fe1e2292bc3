import { PLAIN, type Style, widthOf } from "../style.ts";

/**
 * A piece of a text that is printed as help and as a man page. `code` in backticks is
 * marked as far as the medium can.
 */
export type Block =
  | { heading: string }
  | { text: string }
  /** Terms, each with what it means. */
  | { items: readonly (readonly [term: string, meaning: string])[] }
  /** Lines that stay as they are. */
  | { code: string };

/** The widest that a term may be to have its meaning beside it. */
const WIDEST_TERM = 24;

/** The blocks as text, lines at most `width` columns, as far as words allow. */
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
  // A heading stands right above what it is about.
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

/** Text without backticks; what was between them is marked. */
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
