import { ExitStatus } from "../error.ts";
import type { GlobalOptions, Run } from "../cli/command.ts";
import { COMMANDS, TOPICS } from "./commands.ts";
import { commandHelp } from "../cli/help/command_help.ts";
import { type Block, renderText } from "../cli/help/document.ts";
import { manPage } from "../cli/help/man_page.ts";
import { overview } from "../cli/help/overview.ts";
import { topicHelp } from "../cli/help/topics.ts";
import { screenSize } from "../cli/live_progress.ts";
import { printResult } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { unknown } from "../cli/usage.ts";

export const run: Run = (options, { words: [name], flags }) => {
  if (flags.includes("man")) printResult(manPage().trimEnd());
  else printHelp(name, options);
  return ExitStatus.done;
};

/**
 * Prints the help of a command or a topic; all of it in short, if none is named.
 *
 * @throws {ZddError} with the nearest one, if there is none of that name.
 */
export function printHelp(
  name: string | undefined,
  { color }: GlobalOptions,
): void {
  const columns = Deno.stdout.isTerminal() ? screenSize().columns : WIDTH;
  printResult(renderText(blocksOf(name), {
    width: Math.min(WIDTH, columns),
    style: styleOf(Deno.stdout, color),
  }));
}

const WIDTH = 80;

function blocksOf(name: string | undefined): Block[] {
  if (name === undefined) return overview();
  const command = COMMANDS.find((command) => command.name === name);
  if (command !== undefined) return commandHelp(command);
  const topic = TOPICS.find((topic) => topic === name);
  if (topic !== undefined) return topicHelp(topic);
  throw unknown("help topic", name, [
    ...COMMANDS.map(({ name }) => name),
    ...TOPICS,
  ]);
}
