import { basename, dirname, join, resolve } from "@std/path";
import { ZddError } from "../../error.ts";
import {
  isDirectory,
  readIfExists,
  writeAtomically,
} from "../../system/files.ts";
import { IS_LINUX } from "../../system/platform.ts";
import { connectHost, parseAddress } from "../../system/address.ts";
import { logsIn } from "../../deploy/host/rotation.ts";
import { rotationText } from "../../system/logrotate.ts";
import { all, usage } from "../usage.ts";
import { type Application, findApplications } from "./applications.ts";
import { missingIgnores } from "./gitignore.ts";
import { findServer } from "./kinds.ts";
import { confText, type Site, templateText } from "./project_files.ts";

const SYSTEM_CONF = "/etc/nginx/nginx.conf";
const SYSTEM_DIRECTORY = "/etc/nginx/conf.d";

export { addIgnores } from "./gitignore.ts";
export { KIND_NAMES } from "./kinds.ts";

/** The options of `init`. */
export interface InitOptions {
  /** The kind of server; undefined to guess it from the files. */
  kind?: string;
  /** The command that starts it, or what it serves, in words. */
  command: readonly string[];
  /** Where nginx listens. */
  listen: Listen;
  /** Whether to use the system's own nginx. */
  isSystem: boolean;
}

/** Where nginx listens. */
export interface Listen {
  /** An IP address, IPv6 in brackets; undefined: all of IPv4. */
  host?: string;
  port: number;
}

/** What `init` found and wrote. */
export interface InitResult {
  /** The project's directory. */
  directory: string;
  services: readonly [Application, ...Application[]];
  /** Where nginx will answer. */
  url: string;
  /** The paths of the written files. */
  files: string[];
  warnings: string[];
  /** The lines that the project's .gitignore lacks. */
  ignores: string[];
}

/**
 * Writes a deploy.conf and the template for a project.
 *
 * @param path of deploy.conf, in the project's directory
 * @throws {ZddError} if a file exists already, or no server is found.
 */
export function initialize(
  path: string,
  { kind, command, listen, isSystem }: InitOptions,
): InitResult {
  const file = resolve(path);
  const directory = dirname(file);
  if (!isDirectory(directory)) throw usage(`There is no "${directory}"`);
  const services = applicationsOf(directory, kind, command);
  const site = plan(directory, services, listen, isSystem);
  const template = resolve(directory, site.template);
  const files = {
    [file]: confText(site),
    [template]: templateText(site),
    // It has this host's paths, so it is useless where nothing is deployed.
    ...IS_LINUX &&
      { [join(directory, "logrotate.conf")]: rotation(directory, site) },
    ...Object.fromEntries(
      services.flatMap(({ directory: own = ".", server: { files = {} } }) =>
        Object.entries(files)
          .map(([name, text]) => [join(directory, own, name), text])
      ),
    ),
  };
  requireAbsent([...Object.keys(files), template.replace(/\.template$/, "")]);
  if (!isSystem && IS_LINUX) requireFree(listen);
  for (const [path, text] of Object.entries(files)) writeAtomically(path, text);
  return {
    directory,
    services,
    url: site.url,
    files: Object.keys(files),
    warnings: [
      ...services.flatMap(({ directory, server: { notes = [] } }) =>
        notes.map((note) =>
          directory === undefined ? note : `${directory}: ${note}`
        )
      ),
      ...portNotes(listen),
      ...pagesNotes(directory, services),
    ],
    ignores: missingIgnores(directory, isSystem),
  };
}

/** Words without a kind are a command; without either, the kind is guessed from the files. */
function applicationsOf(
  directory: string,
  named: string | undefined,
  command: readonly string[],
): [Application, ...Application[]] {
  const kind = named ?? (command.length > 0 ? "command" : undefined);
  if (kind === undefined) return findApplications(directory);
  return [{ name: "web", kind, server: findServer(kind, directory, command) }];
}

function plan(
  directory: string,
  services: [Application, ...Application[]],
  { host, port }: Listen,
  isSystem: boolean,
): Site {
  const project = basename(directory).replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+/, "") || "app";
  // Elsewhere than on Linux, the project will have another path on the server.
  const isOdd = IS_LINUX && !isNameable(directory, services);
  const site: Site = {
    services,
    listen: host === undefined ? String(port) : `${host}:${port}`,
    url: `http://${
      host === undefined ? "localhost" : connectHost(host)
    }:${port}/`,
    template: "nginx.conf.template",
    stateDir: isOdd || isClosed(directory) ? stateDirFor(project) : undefined,
    isOdd,
  };
  if (!isSystem) return site;
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
  const [first, ...others] = services;
  return {
    ...site,
    // All projects share one nginx, so their upstreams need distinct names.
    services: [
      { ...first, name: project },
      ...others.map((other) => ({
        ...other,
        name: `${project}-${other.name}`,
        path: other.name,
      })),
    ],
    template: join(SYSTEM_DIRECTORY, `${project}.conf.template`),
    conf: SYSTEM_CONF,
  };
}

/**
 * Whether nginx.conf can contain the paths of what zdd creates in a project's directory:
 * quotes and dollar signs are nginx's syntax, and the path of a socket must be short.
 */
function isNameable(
  directory: string,
  services: readonly Application[],
): boolean {
  const state = join(directory, ".zdd");
  return !/["$\\\n]/.test(state) &&
    services.every(({ name, server: { start, settings = [] } }) =>
      !start.includes("{socket}") && !settings.includes("port: socket") ||
      parseAddress(`unix:${state}/run/${name}-a1-abcd.sock`) !== undefined
    );
}

/** Whether nginx's workers can't enter a directory: if root starts nginx, they run as another user. */
function isClosed(directory: string): boolean {
  return IS_LINUX && Deno.uid() === 0 && !isOpen(directory);
}

function stateDirFor(project: string): string {
  if (Deno.uid() === 0) return `/var/lib/zdd/${project}`;
  // XDG Base Directory Specification
  const home = Deno.env.get("XDG_STATE_HOME") ??
    join(Deno.env.get("HOME") ?? "/tmp", ".local/state");
  return join(home, "zdd", project);
}

/** The logrotate configuration for a project: the logs of its instances and of its own nginx. */
function rotation(directory: string, { stateDir, isOdd }: Site): string {
  const state = stateDir ?? join(directory, ".zdd");
  const ofNginx = isOdd ? state : directory;
  return rotationText(
    [
      ...logsIn(state),
      join(ofNginx, "access.log"),
      join(ofNginx, "error.log"),
    ],
    "For logrotate(8); `zddeploy boot enable` installs the same for the whole host.",
  );
}

/** @throws {ZddError} with all files that exist already. */
function requireAbsent(files: string[]): void {
  const there = files.filter((file) => readIfExists(file) !== undefined);
  if (there.length === 0) return;
  throw usage(
    `${all(there.map((file) => `"${file}"`))} ` +
      `${there.length === 1 ? "exists" : "exist"} already; nothing was written`,
    "move away the files that you don't need, or run zddeploy check",
  );
}

/** Whether everyone may enter a directory and all above it. */
function isOpen(directory: string): boolean {
  const mode = Deno.statSync(directory).mode ?? 0o777;
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || isOpen(parent);
}

/** @throws {ZddError} if something already listens there, so that nginx can't. */
function requireFree({ host = "0.0.0.0", port }: Listen): void {
  try {
    Deno.listen({ hostname: host.replace(/[[\]]/g, ""), port }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw usage(`This host has no address ${host}`);
    }
    if (!(error instanceof Deno.errors.AddrInUse)) return;
    throw usage(
      `Port ${port} is already in use`,
      "choose another one with --listen, or --system for the system's nginx",
    );
  }
}

function portNotes({ port }: Listen): string[] {
  return IS_LINUX && port < 1024 && Deno.uid() !== 0
    ? [`only root may listen on port ${port}: run zddeploy as root`]
    : [];
}

/** A note if nginx is to serve files itself and can't read them. */
function pagesNotes(
  directory: string,
  services: readonly Application[],
): string[] {
  const isAsked = services.some(({ server: { php } }) => php?.isPublic);
  return isAsked && isClosed(directory)
    ? [
      `nginx's workers can't enter "${directory}", so they can't serve ` +
      "the public files there: run chmod o+x on it and on the directories above it",
    ]
    : [];
}
