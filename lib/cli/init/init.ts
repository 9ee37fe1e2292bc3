import { basename, dirname, join, resolve } from "@std/path";
import { ZddError } from "../../error.ts";
import {
  isDirectory,
  readIfExists,
  writeAtomically,
} from "../../system/files.ts";
import { logsIn } from "../../deploy/host/rotation.ts";
import { rotationText } from "../../system/logrotate.ts";
import { usage } from "../usage.ts";
import { findServer, guessKind } from "./kinds.ts";
import { confText, type Site, templateText } from "./project_files.ts";

const SYSTEM_CONF = "/etc/nginx/nginx.conf";
const SYSTEM_DIRECTORY = "/etc/nginx/conf.d";

export { KIND_NAMES } from "./kinds.ts";

/** What `init` is asked for. */
export interface InitOptions {
  /** The kind of server; undefined if the files are to tell. */
  kind?: string;
  /** The words of the command that starts it, or of what it serves. */
  command: readonly string[];
  /** Where nginx listens. */
  listen: number;
  /** Whether that is the system's own nginx. */
  isSystem: boolean;
}

/** What `init` has found and written. */
export interface InitResult {
  kind: string;
  /** The command that starts the server. */
  start: string;
  /** The paths of what was written. */
  files: string[];
  warnings: string[];
}

/**
 * Writes a deploy.conf and the template for a project.
 *
 * @param path of deploy.conf, in the project's directory
 * @throws {ZddError} if something is there already or can't be found.
 */
export function initialize(
  path: string,
  { kind: named, command, listen, isSystem }: InitOptions,
): InitResult {
  const file = resolve(path);
  const directory = dirname(file);
  if (!isDirectory(directory)) throw usage(`There is no "${directory}"`);
  const kind = named ?? guessKind(directory);
  const { start, settings, note } = findServer(kind, directory, command);
  const site = {
    ...plan(directory, start, listen, isSystem),
    settings,
  };
  const template = resolve(directory, site.template);
  const files = {
    [file]: confText(site),
    [template]: templateText(site),
    [join(directory, "logrotate.conf")]: rotation(directory, site.stateDir),
  };
  requireAbsent([...Object.keys(files), template.replace(/\.template$/, "")]);
  if (!isSystem) requireFree(listen);
  for (const [path, text] of Object.entries(files)) writeAtomically(path, text);
  return {
    kind,
    start,
    files: Object.keys(files),
    warnings: [note, portNote(listen)].filter((note) => note !== undefined),
  };
}

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

/** What rotates the logs that grow in a project: its instances', and those of its own nginx. */
function rotation(directory: string, stateDir?: string): string {
  const state = stateDir ?? join(directory, ".zdd");
  return rotationText(
    [
      ...logsIn(state),
      join(directory, "access.log"),
      join(directory, "error.log"),
    ],
    "For logrotate(8); `zddeploy boot enable` installs the same for the whole host.",
  );
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

/** @throws {ZddError} if something listens there: nginx couldn't then. */
function requireFree(port: number): void {
  try {
    Deno.listen({ hostname: "0.0.0.0", port }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) return;
    throw usage(
      `Port ${port} is already in use`,
      "choose another one with --listen, or --system for the system's nginx",
    );
  }
}

function portNote(port: number): string | undefined {
  return port < 1024 && Deno.uid() !== 0
    ? `only root may listen on port ${port}: run zddeploy as root`
    : undefined;
}
