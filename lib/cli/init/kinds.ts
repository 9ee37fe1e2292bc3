import { either, unknown, usage } from "../usage.ts";
import type { Kind, Server } from "./kind.ts";
import { COMMAND } from "./kinds/command.ts";
import { DAPHNE } from "./kinds/daphne.ts";
import { DENO } from "./kinds/deno.ts";
import { DOCKER, PODMAN } from "./kinds/docker.ts";
import { GO } from "./kinds/go.ts";
import { GUNICORN } from "./kinds/gunicorn.ts";
import { JAVA } from "./kinds/java.ts";
import { NEXT } from "./kinds/next.ts";
import { NODE } from "./kinds/node.ts";
import { PHP_FPM } from "./kinds/php_fpm.ts";
import { PUMA } from "./kinds/puma.ts";
import { RAILS } from "./kinds/rails.ts";
import { UVICORN } from "./kinds/uvicorn.ts";
import { UWSGI } from "./kinds/uwsgi.ts";

/** The kinds of server that `init` can write a deploy.conf for. */
const KINDS: Record<string, Kind> = {
  node: NODE,
  next: NEXT,
  deno: DENO,
  gunicorn: GUNICORN,
  uvicorn: UVICORN,
  uwsgi: UWSGI,
  daphne: DAPHNE,
  puma: PUMA,
  rails: RAILS,
  "php-fpm": PHP_FPM,
  go: GO,
  java: JAVA,
  docker: DOCKER,
  podman: PODMAN,
  command: COMMAND,
};

export const KIND_NAMES: readonly string[] = Object.keys(KINDS);

/** The kinds of server that match the files in a directory. */
export function likelyKinds(directory: string): string[] {
  const found = KIND_NAMES.filter((name) => KINDS[name]?.isIn(directory));
  const less = found.flatMap((name) => KINDS[name]?.before ?? []);
  return found.filter((name) => !less.includes(name) && !KINDS[name]?.isLast);
}

/** The matching kinds that are only guessed if no other kind matches. */
function lastKinds(directory: string): string[] {
  return KIND_NAMES.filter((name) =>
    KINDS[name]?.isLast && KINDS[name].isIn(directory)
  );
}

/**
 * Guesses the kind of server from the files in a directory.
 *
 * @throws {ZddError} unless exactly one kind matches.
 */
export function guessKind(directory: string): string {
  const likely = likelyKinds(directory);
  const found = likely.length > 0 ? likely : lastKinds(directory);
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
 * @param words what the user says about it; empty: found from the files
 * @throws {ZddError} if nothing is found, or if there is no such kind.
 */
export function findServer(
  name: string,
  directory: string,
  words: readonly string[],
): Server {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) throw unknown("kind", name, KIND_NAMES);
  const given = words.length === 1 ? words[0] : words.map(quote).join(" ");
  return kind.find(directory, given || undefined);
}

/** A word quoted for the shell; the braces of {port} need no quotes. */
function quote(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
