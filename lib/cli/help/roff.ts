import type { Block } from "./document.ts";

/** The blocks in the language of man(7). */
export function renderRoff(blocks: readonly Block[]): string {
  return blocks.map((block, i) => {
    // A heading begins a paragraph by itself.
    const before = blocks[i - 1];
    return roff(block, before === undefined || "heading" in before);
  }).join("");
}

function roff(block: Block, begins: boolean): string {
  if ("heading" in block) return `.SS ${escape(block.heading)}\n`;
  if ("text" in block) {
    return `${begins ? "" : ".PP\n"}${marked(block.text)}\n`;
  }
  if ("code" in block) {
    return `${begins ? "" : ".PP\n"}.RS 4\n.nf\n${
      escapeLines(block.code)
    }\n.fi\n.RE\n`;
  }
  return block.items.map(([term, meaning]) =>
    `.TP\n\\fB${escape(term.trimStart())}\\fR\n${marked(meaning)}\n`
  ).join("");
}

/** A section's title. */
export function sectionTitle(title: string): string {
  return `.SH ${escape(title.toUpperCase())}\n`;
}

function marked(text: string): string {
  return escapeLines(text)
    .replace(/`([^`]*)`/g, (_, code: string) => `\\fB${code}\\fR`);
}

/** A line that begins with a point or an apostrophe would be a request. */
function escapeLines(text: string): string {
  return escape(text).replace(/^(?=[.'])/gm, "\\&");
}

/** A hyphen of a command must stay one when it is copied. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("…", "\\[u2026]");
}
