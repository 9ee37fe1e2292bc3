import type { Command, Option } from "../command.ts";
import { COMMANDS, TOPICS } from "../../commands/commands.ts";
import { GLOBAL_OPTIONS } from "../options.ts";

/** The options of a command, the global ones included. */
export function optionsOf({ options = [] }: Command): Option[] {
  return [...options, ...GLOBAL_OPTIONS];
}

/** `--conf` and `-c`. */
export function spellings({ name, short }: Option): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** What can follow a command's name. */
export function argumentsOf({ name, complete = [] }: Command): string[] {
  return name === "help"
    ? [...COMMANDS.map(({ name }) => name), ...TOPICS]
    : [...complete];
}

/** Every option that takes a value, once, with all its spellings. */
export function valuedOptions(): Option[] {
  const all = COMMANDS.flatMap(optionsOf)
    .filter(({ value }) => value !== undefined);
  const byName = new Map<string, Option>();
  for (const option of all) byName.set(option.name, option);
  return [...byName.values()];
}

/**
 * A shell function's body that prints the services of the deploy.conf that `$conf`
 * names: `[service:NAME]` is all there is to look for.
 */
export const SERVICES =
  `sed -n 's/^\\[service: *\\([A-Za-z0-9_.-]*\\) *\\].*/\\1/p' "$conf" 2>/dev/null`;
