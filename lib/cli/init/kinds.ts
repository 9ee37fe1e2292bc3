import { either, unknown, usage } from "../usage.ts";
import type { Kind, Server } from "./kind.ts";

/** What `init` writes a deploy.conf for; each is loaded only when it is asked. */
const KINDS: Record<string, () => Promise<Kind>> = {
  node: async () => (await import("./kinds/node.ts")).NODE,
  deno: async () => (await import("./kinds/deno.ts")).DENO,
  gunicorn: async () => (await import("./kinds/gunicorn.ts")).GUNICORN,
  uvicorn: async () => (await import("./kinds/uvicorn.ts")).UVICORN,
  puma: async () => (await import("./kinds/puma.ts")).PUMA,
  command: async () => (await import("./kinds/command.ts")).COMMAND,
};

export const KIND_NAMES: readonly string[] = Object.keys(KINDS);

/**
 * The kind of server that the files in a directory speak for.
 *
 * @throws {ZddError} if there is not exactly one.
 */
export async function guessKind(directory: string): Promise<string> {
  const found: string[] = [];
  for (const [name, load] of Object.entries(KINDS)) {
    if ((await load()).isIn(directory)) found.push(name);
  }
  const [name] = found;
  if (name !== undefined && found.length === 1) return name;
  throw usage(
    found.length === 0
      ? `Cannot tell what kind of server is in "${directory}"`
      : `"${directory}" could be of ${found.length} kinds: ${found.join(", ")}`,
    `name it: zddeploy init ${either(KIND_NAMES)}`,
  );
}

/**
 * How a server of a kind is started in a directory.
 *
 * @param words what the user says of it; else the files there tell
 * @throws {ZddError} if they don't, or if there is no such kind.
 */
export async function findServer(
  name: string,
  directory: string,
  words: readonly string[],
): Promise<Server> {
  const load = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (load === undefined) throw unknown("kind", name, KIND_NAMES);
  const given = words.length === 1 ? words[0] : words.map(quote).join(" ");
  return (await load()).find(directory, given || undefined);
}

/** A word as the shell takes it for one; the braces of {port} are none of its. */
function quote(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
