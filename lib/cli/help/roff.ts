import type { Block } from "./document.ts";

/** The blocks in the language of man(7). */
export function renderRoff(blocks: readonly Block[]): string {
  return blocks.map(roff).join("");
}

function roff(block: Block): string {
  if ("heading" in block) return `.SS ${escape(block.heading)}\n`;
  if ("text" in block) return `.PP\n${marked(block.text)}\n`;
  if ("code" in block) {
    return `.PP\n.RS 4\n.nf\n${escapeLines(block.code)}\n.fi\n.RE\n`;
  }
  return block.items.map(([term, meaning]) =>
    `.TP\n\\fB${escape(term)}\\fR\n${marked(meaning)}\n`
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
