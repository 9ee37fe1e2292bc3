import {
  type Command,
  type GlobalOptions,
  visibleCommands,
} from "../command.ts";
import { printResult } from "../output.ts";
import { styleOf } from "../style.ts";
import { screenSize } from "../terminal.ts";
import { commandHelp } from "./command_help.ts";
import { type Block, renderText } from "./document.ts";
import { overview } from "./overview.ts";
import { topicOf } from "./topics.ts";

export { manPage } from "./man_page.ts";
export { TOPIC_NAMES } from "./topics.ts";

/** In columns. */
const WIDTH = 80;

/**
 * Prints the help of a command or a topic; an overview if `name` is undefined.
 *
 * @throws {ZddError} with the nearest name, if there is no such command or topic.
 */
export async function printHelp(
  commands: readonly Command[],
  name: string | undefined,
  { color }: GlobalOptions,
): Promise<void> {
  const columns = Deno.stdout.isTerminal() ? screenSize().columns : WIDTH;
  printResult(renderText(await blocksOf(visibleCommands(commands), name), {
    width: Math.min(WIDTH, columns),
    style: styleOf(Deno.stdout, color),
  }));
}

async function blocksOf(
  commands: readonly Command[],
  name: string | undefined,
): Promise<readonly Block[]> {
  if (name === undefined) return overview(commands);
  const command = commands.find((command) => command.name === name);
  if (command !== undefined) return await commandHelp(command);
  return topicOf(name, commands.map(({ name }) => name)).blocks;
}
