import { basename, dirname, join, resolve } from "@std/path";
import { ExitStatus, ZddError } from "../error.ts";
import { isDirectory, readIfExists, writeAtomically } from "../system/files.ts";
import type { Run } from "../cli/command.ts";
import { KINDS } from "./commands.ts";
import { findServer, guessKind } from "../cli/init/kinds.ts";
import {
  confText,
  type Site,
  templateText,
} from "../cli/init/project_files.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { unknown, usage } from "../cli/usage.ts";

const SYSTEM_CONF = "/etc/nginx/nginx.conf";
const SYSTEM_DIRECTORY = "/etc/nginx/conf.d";

export const run: Run = (options, { words: [word], rest, values, flags }) => {
  const file = resolve(options.conf);
  const directory = dirname(file);
  if (!isDirectory(directory)) throw usage(`There is no "${directory}"`);
  const kind = word === undefined
    ? guessKind(directory)
    : KINDS.find((kind) => kind === word);
  if (kind === undefined) throw unknown("kind", word ?? "", KINDS);
  const { start, note } = findServer(kind, directory, rest);
  const listen = readPort(values.listen?.at(-1) ?? "8080");
  const isSystem = flags.includes("system");
  const site = plan(directory, start, listen, isSystem);
  const template = resolve(directory, site.template);
  const files = { [file]: confText(site), [template]: templateText(site) };
  requireAbsent([...Object.keys(files), template.replace(/\.template$/, "")]);
  if (!isSystem) requireFree(listen);
  for (const [path, text] of Object.entries(files)) writeAtomically(path, text);

  const notes = [note, portNote(listen)].filter((note) => note !== undefined);
  if (options.json) {
    printJson({
      changed: true,
      kind,
      start,
      listen,
      files: Object.keys(files),
      warnings: notes,
    });
  }
  const { bold, yellow } = styleOf(Deno.stderr, options.color);
  for (const note of notes) printMessage(`${yellow("warning:")} ${note}`);
  if (!options.quiet) {
    for (const path of Object.keys(files)) printMessage(`wrote ${path}`);
    const named = options.conf === "deploy.conf" ? "" : ` -c ${options.conf}`;
    printMessage(
      `start: ${start}\nnext: ${bold(`zddeploy${named}`)}, then ` +
        bold(`curl http://localhost:${listen}/`),
    );
  }
  return ExitStatus.done;
};

function plan(
  directory: string,
  start: string,
  listen: number,
  isSystem: boolean,
): Site {
  const project = basename(directory).replace(/[^A-Za-z0-9_-]+/g, "-") || "app";
  // nginx's workers are another user then; who starts nginx himself is theirs.
  const stateDir = Deno.uid() === 0 && !isOpen(directory)
    ? `/var/lib/zdd/${project}`
    : undefined;
  if (!isSystem) {
    const template = "nginx.conf.template";
    return { name: "web", start, listen, template, stateDir };
  }
  const conf = readIfExists(SYSTEM_CONF);
  if (conf === undefined || !isDirectory(SYSTEM_DIRECTORY)) {
    throw usage(
      `There is no "${SYSTEM_CONF}" with a ${SYSTEM_DIRECTORY}`,
      "without --system, zdd runs an nginx of its own",
    );
  }
  if (!/^\s*include\s+\S*conf\.d\/\*\.conf\s*;/m.test(conf)) {
    throw new ZddError(
      `"${SYSTEM_CONF}" doesn't include "${SYSTEM_DIRECTORY}/*.conf"`,
      { hint: `add "include ${SYSTEM_DIRECTORY}/*.conf;" to its http block` },
    );
  }
  return {
    // Every project's upstreams stand in one nginx: they need names of their own.
    name: project,
    start,
    listen,
    template: join(SYSTEM_DIRECTORY, `${project}.conf.template`),
    conf: SYSTEM_CONF,
    stateDir,
  };
}

/** @throws {ZddError} that names every file that is there already. */
function requireAbsent(files: string[]): void {
  const there = files.filter((file) => readIfExists(file) !== undefined);
  if (there.length === 0) return;
  throw usage(
    `${there.map((file) => `"${file}"`).join(" and ")} ` +
      `${there.length === 1 ? "exists" : "exist"} already; nothing was written`,
    "move away what you don't need, or run zddeploy check",
  );
}

/** Whether everybody may enter a directory and all above it. */
function isOpen(directory: string): boolean {
  const mode = Deno.statSync(directory).mode ?? 0o777;
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || isOpen(parent);
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65536) return port;
  throw usage(`Expected a port for --listen, got "${text}"`);
}

/** @throws {ZddError} if somebody listens there already: nginx couldn't. */
function requireFree(port: number): void {
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) return;
    throw usage(
      `Somebody listens on port ${port} already`,
      "choose another one with --listen, or --system for the system's nginx",
    );
  }
}

function portNote(port: number): string | undefined {
  return port < 1024 && Deno.uid() !== 0
    ? `only root may listen on port ${port}: run zddeploy as root`
    : undefined;
}
