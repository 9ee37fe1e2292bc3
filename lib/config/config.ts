import { basename, dirname, join, resolve } from "@std/path";
import { ExitStatus, messageOf, ZddError } from "../error.ts";
import { isDirectory, isFile, realPath } from "../system/files.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { ConfReader } from "./conf_reader.ts";
import type { SectionReader } from "./section_reader.ts";
import type { PortKind, StatusRange } from "./values.ts";

/** deploy.conf, read and checked. Paths are absolute, times in ms. */
export interface Config {
  /** deploy.conf itself. */
  file: string;
  /** The directory of deploy.conf. */
  directory: string;
  stateDir: string;
  /** Commands that run at certain moments. */
  hooks: Partial<Record<Hook, string>>;
  /** The URL that must answer through nginx after the switch. */
  verify?: string;
  verifyTimeout: number;
  nginx: NginxConfig;
  services: ServiceConfig[];
}

export const HOOKS = [
  "before_start",
  "before_switch",
  "after_switch",
  "after_deploy",
  "on_failure",
] as const;
export type Hook = typeof HOOKS[number];

export interface NginxConfig {
  template: string;
  /** The template's path without `.template`. */
  rendered: string;
  /** The main configuration file, which is the rendered one or includes it. */
  conf: string;
  pidFile: string;
  /** The nginx program. */
  command: string;
  reloadTimeout: number;
}

export interface ServiceConfig {
  name: string;
  /** That of its deploy.conf, by which the instances of two of them are told apart. */
  stateDir: string;
  start: string;
  stop: string;
  /** With `{instance}` in it, as `start`, `log` and `env` may have. */
  pidFile?: string;
  cwd: string;
  /** How an instance comes by its address. */
  port: PortKind;
  /** The port of `fixed`; for `detect`, which one of several it is. */
  portNumber?: number;
  /** How many copies run. */
  instances: number;
  /** The previous instances stay until the next deploy. */
  standby: boolean;
  log: string;
  env: Record<string, string>;
  startTimeout: number;
  health?: HealthConfig;
  drainTimeout: number;
  stopTimeout: number;
  killAfter?: number;
}

/** Whether zdd hands out a service's addresses. */
export function hasSlots({ port }: Pick<ServiceConfig, "port">): boolean {
  return port === "env" || port === "socket";
}

export interface HealthConfig {
  /** A path on the instance's own address, or a URL. */
  target: string;
  statuses: StatusRange[];
  timeout: number;
}

export const TEMPLATE_ENDING = ".template";

/**
 * Reads deploy.conf and checks all that can be known without running anything. What
 * is wrong stands in `diagnostics`; the rest of the result is only good if there are none.
 *
 * @throws {ZddError} with exit status 2, if the file can't be read.
 */
export function readConfig(
  path: string,
): { config: Config; diagnostics: Diagnostics } {
  const file = resolve(path);
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    throw new ZddError(`Cannot read "${path}": ${messageOf(error)}`, {
      hint:
        "run zddeploy where deploy.conf is, name it with --conf, or write " +
        "one with zddeploy init",
      exitStatus: ExitStatus.usage,
    });
  }
  const conf = new ConfReader(text, file);
  const deploy = conf.section("deploy");
  const stateDir = deploy.path("state_dir");
  const config: Config = {
    file,
    directory: dirname(file),
    stateDir,
    hooks: Object.fromEntries(
      HOOKS.map((hook) => [hook, deploy.optionalText(hook)]),
    ),
    verify: deploy.url("verify"),
    verifyTimeout: deploy.duration("verify_timeout"),
    nginx: readNginx(conf.section("nginx")),
    services: conf.services().map((section) => readService(section, stateDir)),
  };
  refuseSame(conf, config.services);
  refuseMovingState(deploy, config);
  return { config, diagnostics: conf.diagnostics };
}

/**
 * A release directory is left behind by the next release, and with it a state that lies
 * in there: the instance that serves would be forgotten. Such directories lie in one named
 * `releases`, or are reached through a link named `current` (Capistrano, Deployer).
 */
function refuseMovingState(
  deploy: SectionReader,
  { directory, stateDir }: Config,
): void {
  const real = realPath(directory);
  const release = /^.*\/releases\/[^/]+(?=\/|$)/.exec(real)?.[0] ??
    (real !== directory && /\/current(\/|$)/.test(directory)
      ? real
      : undefined);
  if (release === undefined) return;
  // It may not be there yet.
  const state = isDirectory(stateDir)
    ? realPath(stateDir)
    : join(realPath(dirname(stateDir)), basename(stateDir));
  if (!`${state}/`.startsWith(`${release}/`)) return;
  const root = /^(.*)\/(?:releases|current)(\/|$)/.exec(directory)?.[1] ??
    dirname(release);
  deploy.mistake("state_dir", {
    expected: "a directory that the next release doesn't leave behind, such " +
      `as ${join(root, "shared/zdd")}`,
    found: stateDir,
  });
}

/** Two services of one name or with one pid file would take each other for themselves. */
function refuseSame(conf: ConfReader, services: ServiceConfig[]): void {
  services.forEach(({ name, pidFile }, i) => {
    const section = conf.services()[i];
    const earlier = services.slice(0, i);
    if (section === undefined) return;
    if (earlier.some((other) => other.name === name)) {
      section.refuse(`There is another service "${name}"`);
    }
    const same = earlier.find((other) => other.pidFile === pidFile);
    if (same !== undefined && pidFile !== undefined) {
      section.mistake("pid_file", {
        expected: `another file than that of [service:${same.name}]`,
        found: pidFile,
      });
    }
  });
}

function readNginx(section: SectionReader): NginxConfig {
  const template = section.path("template");
  if (section.optionalText("template") === undefined) {
    // That it is missing has been said.
  } else if (!template.endsWith(TEMPLATE_ENDING)) {
    section.mistake("template", {
      expected: `a name that ends in "${TEMPLATE_ENDING}"`,
      found: basename(template),
    });
  } else if (!isFile(template)) {
    section.mistake("template", { expected: "a file", found: template });
  }
  const rendered = template.slice(0, -TEMPLATE_ENDING.length);
  return {
    template,
    rendered,
    conf: section.optionalPath("conf") ?? rendered,
    pidFile: section.path("pid_file"),
    command: section.program("command"),
    reloadTimeout: section.duration("reload_timeout"),
  };
}

function readService(section: SectionReader, stateDir: string): ServiceConfig {
  const target = section.target("health");
  const statuses = section.statuses("health_status");
  const timeout = section.duration("health_timeout");
  const { port, portNumber } = section.port("port");
  const instances = section.count("instances");
  const pidFile = section.fileInDirectory("pid_file");
  if (pidFile === undefined && port === "file") {
    section.missing("pid_file", "for port: file");
  }
  if (instances > 1 && pidFile?.includes("{instance}") === false) {
    section.mistake("pid_file", {
      expected: `a name with {instance} for ${instances} instances`,
      found: pidFile,
    });
  }
  if (instances > 1 && port === "fixed") {
    section.mistake("instances", {
      expected: "1 for a service with a fixed port",
      found: String(instances),
    });
  }
  const number = instances > 1 ? "-{instance}" : "";
  return {
    name: section.serviceName,
    stateDir,
    start: section.command("start"),
    stop: section.command("stop"),
    pidFile,
    cwd: section.directory("cwd"),
    port,
    portNumber,
    instances,
    standby: section.flag("standby"),
    log: section.optionalPath("log") ??
      join(stateDir, "log", `${section.serviceName}${number}.log`),
    env: section.environment(),
    startTimeout: section.duration("start_timeout"),
    health: target === undefined ? undefined : {
      target,
      statuses,
      timeout,
    },
    drainTimeout: section.duration("drain_timeout"),
    stopTimeout: section.duration("stop_timeout"),
    killAfter: section.optionalDuration("kill_after"),
  };
}
