import { unknown } from "../usage.ts";
import { BASH } from "./bash.ts";
import { FISH } from "./fish.ts";
import { ZSH } from "./zsh.ts";

/** The completion script for each shell. */
const SHELLS: Record<string, string> = { bash: BASH, zsh: ZSH, fish: FISH };

export const SHELL_NAMES: readonly string[] = Object.keys(SHELLS);

/** The completion script for a shell. @throws {ZddError} if there is none. */
export function scriptFor(name: string): string {
  const script = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
  if (script === undefined) throw unknown("shell", name, SHELL_NAMES);
  return script;
}
