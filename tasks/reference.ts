/**
 * Writes the reference pages: `deno task reference` converts the output of `zddeploy help`
 * to docs/reference, with a page for the commands and one for each topic. Run it after
 * changing a key, a command, an option or a topic. A test fails until you do.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { type Command, visibleCommands } from "../lib/cli/command.ts";
import { aboutCommand, usageOf } from "../lib/cli/help/command_help.ts";
import type { Block } from "../lib/cli/help/document.ts";
import { TOPICS } from "../lib/cli/help/topics.ts";
import { GLOBAL_OPTIONS, optionTerm } from "../lib/cli/options.ts";
import { printResult } from "../lib/cli/output.ts";
import { COMMANDS } from "../lib/commands/commands.ts";

/** The directory of the pages. */
export const REFERENCE = join(
  dirname(dirname(fromFileUrl(import.meta.url))),
  "docs/reference",
);

/** Topics with long items. Each item gets a heading, so that it can be linked to. */
const WITH_HEADINGS = ["deploy.conf"];

/** The text of each page by file name, formatted by `deno fmt`. */
export async function referencePages(): Promise<Map<string, string>> {
  const pages = new Map([["commands.md", await commandsPage()]]);
  for (const [name, { blocks }] of Object.entries(TOPICS)) {
    const body = markdown(blocks, WITH_HEADINGS.includes(name));
    pages.set(`${name.replace(".", "-")}.md`, page(name, body));
  }
  for (const [name, text] of pages) pages.set(name, await formatted(text));
  return pages;
}

function page(title: string, body: string): string {
  return `# ${
    capitalized(title)
  }\n\n<!-- Written by deno task reference. -->\n\n${body}`;
}

async function commandsPage(): Promise<string> {
  const commands = visibleCommands(COMMANDS);
  const about = await Promise.all(commands.map(commandSection));
  const body = [
    ...commands.map(({ name, summary }) => `- [${name}](#${name}): ${summary}`),
    "\n## Options of every command\n",
    optionList(GLOBAL_OPTIONS),
    ...about,
  ];
  return page("Commands", body.join("\n"));
}

async function commandSection(command: Command): Promise<string> {
  const blocks = await aboutCommand(command);
  return `\n## ${command.name}\n\n\`\`\`text\n${usageOf(command)}\n\`\`\`\n\n` +
    `${capitalized(command.summary)}.\n\n${markdown(blocks)}`;
}

function optionList(options: typeof GLOBAL_OPTIONS): string {
  return markdown([{
    items: options.map((option) => [optionTerm(option), option.help] as const),
  }]);
}

/** Formats blocks in Markdown. */
function markdown(blocks: readonly Block[], withHeadings = false): string {
  return blocks.map((block) => {
    if ("heading" in block) return `## ${capitalized(block.heading)}\n`;
    if ("text" in block) return `${prose(block.text)}\n`;
    if ("code" in block) {
      return `\`\`\`${languageOf(block.code)}\n${block.code}\n\`\`\`\n`;
    }
    return block.items.map(([term, meaning]) =>
      withHeadings
        ? `### ${term}\n\n${capitalized(prose(meaning))}\n`
        : `- \`${term.trim()}\`: ${prose(meaning)}`
    ).join("\n") + "\n";
  }).join("\n");
}

/** The language of an example. */
function languageOf(code: string): string {
  if (/^\[\w+\]$/m.test(code)) return "ini";
  if (code.startsWith("- name:")) return "yaml";
  return code.includes("events {}") ? "nginx" : "sh";
}

/** Escapes text for Markdown. */
function prose(text: string): string {
  return text.split(/(`[^`]*`)/).map((part) =>
    part.startsWith("`") ? part : part.replace(/[<*_[\]]/g, "\\$&")
  ).join("");
}

function capitalized(text: string): string {
  // nginx and deploy.conf stay in lower case.
  return /^(nginx|deploy\.conf)/.test(text)
    ? text
    : text.charAt(0).toUpperCase() + text.slice(1);
}

async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`deno fmt failed on:\n${text}`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  Deno.mkdirSync(REFERENCE, { recursive: true });
  for (const [name, text] of await referencePages()) {
    Deno.writeTextFileSync(join(REFERENCE, name), text);
    printResult(`docs/reference/${name}`);
  }
}
