import { unknown } from "../usage.ts";

/** The shells that can complete the command line, each with the script that makes it do so. */
const SHELLS: Record<string, () => Promise<string>> = {
  bash: async () => (await import("./bash.ts")).BASH,
  zsh: async () => (await import("./zsh.ts")).ZSH,
  fish: async () => (await import("./fish.ts")).FISH,
};

export const SHELL_NAMES: readonly string[] = Object.keys(SHELLS);

/** The script for a shell. @throws {ZddError} if there is none. */
export async function loadShell(name: string): Promise<string> {
  const load = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
  if (load === undefined) throw unknown("shell", name, SHELL_NAMES);
  return await load();
}
