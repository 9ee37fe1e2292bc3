import { basename, join } from "@std/path";
import type { KINDS } from "../../commands/commands.ts";
import { isFile, readIfExists } from "../../system/files.ts";
import { findWebApplication } from "./python.ts";
import { usage } from "../usage.ts";

export type Kind = typeof KINDS[number];

/** How a kind of server is started, as deploy.conf says it. */
export interface Server {
  start: string;
  /** What may be wrong with it. */
  note?: string;
}

/**
 * The kinds of server that the files in a directory speak for.
 *
 * @throws {ZddError} if there is not exactly one.
 */
export function guessKind(directory: string): Kind {
  const has = (...files: string[]) =>
    files.some((file) => isFile(join(directory, file)));
  const found: Kind[] = [];
  if (has("package.json", ...NODE_FILES)) found.push("node");
  if (has("deno.json", "deno.jsonc", ...DENO_FILES)) found.push("deno");
  if (has("config.ru")) found.push("puma");
  const [python] = findWebApplication(directory);
  if (python !== undefined) found.push(python.kind);
  const [kind] = found;
  if (kind !== undefined && found.length === 1) return kind;
  throw usage(
    found.length === 0
      ? `Nothing in "${directory}" tells what kind of server it is`
      : `"${directory}" could be of ${found.length} kinds: ${found.join(", ")}`,
    "name it: zddeploy init node, deno, gunicorn, uvicorn, puma, or " +
      "zddeploy init command -- ./serve --port {port}",
  );
}

/**
 * How a server of a kind is started in a directory.
 *
 * @param words what the user says of it; else the files there tell
 * @throws {ZddError} if they don't.
 */
export function findServer(
  kind: Kind,
  directory: string,
  words: string[],
): Server {
  const given = words.length === 1 ? words[0] : words.map(quote).join(" ");
  switch (kind) {
    case "node":
      return given ? { start: `node ${given}` } : node(directory);
    case "deno":
      return given ? { start: `deno ${given}` } : deno(directory);
    case "puma":
      return { start: puma(directory) + (given ? ` ${given}` : "") };
    case "gunicorn":
    case "uvicorn":
      return { start: python(kind, directory, given) };
    case "command":
      if (given) return { start: given };
      throw usage(
        "init command takes the command that starts the server",
        "zddeploy init command -- ./serve --port {port}",
      );
  }
}

const NODE_FILES = ["server", "index", "app", "main"].flatMap((name) =>
  ["js", "mjs", "cjs"].map((ending) => `${name}.${ending}`)
);
const DENO_FILES = ["server.ts", "main.ts", "mod.ts", "app.ts"];

function node(directory: string): Server {
  const { main, scripts } = readJson(join(directory, "package.json"));
  const script = (scripts as Record<string, unknown> | undefined)?.start;
  // npm between zdd and the server would get its signals.
  const named = typeof script === "string"
    ? /^node +([\w./-]+\.[cm]?js)$/.exec(script.trim())?.[1]
    : typeof main === "string"
    ? main
    : undefined;
  if (typeof script === "string" && named === undefined) {
    return { start: "npm start" };
  }
  const file = [named, ...NODE_FILES].find((file) =>
    file !== undefined && isFile(join(directory, file))
  );
  if (file === undefined) {
    throw usage(
      `No server found in "${directory}": no start in package.json, no ` +
        NODE_FILES[0],
      "name its file: zddeploy init node -- src/server.js",
    );
  }
  return { start: `node ${file}`, note: listensElsewhere(directory, file) };
}

function deno(directory: string): Server {
  const { tasks } = readJson(join(directory, "deno.json"));
  if ((tasks as Record<string, unknown> | undefined)?.start !== undefined) {
    return { start: "deno task start" };
  }
  const file = DENO_FILES.find((file) => isFile(join(directory, file)));
  if (file === undefined) {
    throw usage(
      `No server found in "${directory}": no task "start", no ${DENO_FILES[0]}`,
      "name it: zddeploy init deno -- run --allow-net --allow-env src/server.ts",
    );
  }
  const text = readIfExists(join(directory, file)) ?? "";
  if (/^export default\b/m.test(text) && !/Deno\.serve\(/.test(text)) {
    return { start: `deno serve --host 127.0.0.1 --port {port} ${file}` };
  }
  return {
    start: `deno run --allow-net --allow-env --allow-read ${file}`,
    note: listensElsewhere(directory, file),
  };
}

function puma(directory: string): string {
  const bundled = /\bpuma\b/.test(
    readIfExists(join(directory, "Gemfile")) ?? "",
  );
  return [
    ...bundled ? ["bundle exec"] : [],
    "puma",
    ...isFile(join(directory, "puma.rb")) ? ["-C puma.rb"] : [],
    "-b tcp://127.0.0.1:{port}",
  ].join(" ");
}

function python(
  kind: "gunicorn" | "uvicorn",
  directory: string,
  given: string | undefined,
): string {
  const application = given || findWebApplication(directory)
    .find((found) => found.kind === kind)?.name;
  if (application === undefined) {
    const what = kind === "gunicorn" ? "WSGI" : "ASGI";
    throw usage(
      `No ${what} application found in "${directory}"`,
      `name it: zddeploy init ${kind} -- MODULE:NAME`,
    );
  }
  const program = [".venv", "venv"].map((place) => `${place}/bin/${kind}`)
    .find((file) => isFile(join(directory, file))) ?? kind;
  return kind === "gunicorn"
    ? `${program} --bind 127.0.0.1:{port} ${application}`
    : `${program} --port {port} ${application}`;
}

/** A note, unless a server's file speaks of PORT. */
function listensElsewhere(directory: string, file: string) {
  const text = readIfExists(join(directory, file)) ?? "";
  return /\bPORT\b/.test(text) ? undefined : (
    `${basename(file)} doesn't mention PORT: it must listen on the port that ` +
    "this environment variable names"
  );
}

/** An empty object for what isn't there or isn't JSON. */
function readJson(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readIfExists(file) ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** A word as the shell takes it for one; the braces of {port} are none of its. */
function quote(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
