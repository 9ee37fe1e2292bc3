// Draws a terminal session as an SVG that plays once in a browser and is readable without
// animation.

/** A line of the session. */
export interface TerminalLine {
  /** With escape sequences for colours (ECMA-48, "select graphic rendition"). */
  text: string;
  /** When it appears, in ms from the beginning. */
  at: number;
  /** How long typing it takes, in ms. Output of zddeploy appears at once. */
  typing?: number;
}

/** Sizes in pixels. */
const FONT_SIZE = 14;
const CHARACTER = 8.43;
const LINE = 20;
const PADDING = 16;
const BAR = 30;

const COLORS: Record<string, string> = {
  1: "font-weight:bold",
  2: "fill:#8b949e",
  31: "fill:#ff7b72",
  32: "fill:#7ee787",
  33: "fill:#e3b341",
};

/** The session as an SVG with as many columns as its widest line. */
export function terminalSvg(
  lines: readonly TerminalLine[],
  title: string,
): string {
  const columns = Math.max(...lines.map(({ text }) => plain(text).length));
  const width = Math.ceil(columns * CHARACTER + 2 * PADDING);
  const height = BAR + lines.length * LINE + 2 * PADDING;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    escaped(title)
  }">
<title>${escaped(title)}</title>
<style>
text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre; }
@media (prefers-reduced-motion: no-preference) {
  .l { animation: show 1ms both; }
  .t { animation: type both; }
}
@keyframes show { from { opacity: 0; } to { opacity: 1; } }
@keyframes type { from { clip-path: inset(0 100% 0 0); } to { clip-path: inset(0); } }
</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="16" r="5" fill="#ff5f57"/><circle cx="38" cy="16" r="5" fill="#febc2e"/><circle cx="56" cy="16" r="5" fill="#28c840"/>
${lines.map(drawn).join("\n")}
</svg>
`;
}

function drawn({ text, at, typing }: TerminalLine, i: number): string {
  const y = BAR + PADDING + (i + 1) * LINE - 6;
  const moment = `animation-delay:${Math.round(at)}ms`;
  const motion = typing === undefined
    ? `class="l" style="${moment}"`
    : `class="t" style="${moment};animation-duration:${typing}ms;` +
      `animation-timing-function:steps(${plain(text).length})"`;
  return `<text x="${PADDING}" y="${y}" xml:space="preserve" ${motion}>${
    spans(text)
  }</text>`;
}

// deno-lint-ignore no-control-regex
const SGR = /\x1b\[([\d;]*)m/g;

function plain(text: string): string {
  return text.replaceAll(SGR, "");
}

/** The parts of a line with their colours. */
function spans(text: string): string {
  const parts = text.split(SGR);
  let style = "";
  return parts.map((part, i) => {
    if (i % 2 === 1) {
      style = COLORS[part] ?? "";
      return "";
    }
    if (part === "") return "";
    return style === ""
      ? escaped(part)
      : `<tspan style="${style}">${escaped(part)}</tspan>`;
  }).join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
