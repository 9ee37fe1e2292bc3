import type { Block } from "./document.ts";

/** Renders blocks in the markup of man(7). */
export function renderRoff(blocks: readonly Block[]): string {
  return blocks.map((block, i) => {
    // A heading already begins a paragraph.
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

/** The title of a section in roff. */
export function sectionTitle(title: string): string {
  return `.SH ${escape(title.toUpperCase())}\n`;
}

function marked(text: string): string {
  return escapeLines(text)
    .replace(/`([^`]*)`/g, (_, code: string) => `\\fB${code}\\fR`);
}

/** Escapes lines that begin with a period or an apostrophe, which would be requests. */
function escapeLines(text: string): string {
  return escape(text).replace(/^(?=[.'])/gm, "\\&");
}

/** Keeps hyphens as they are, so that commands can be copied. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("…", "\\[u2026]");
}
