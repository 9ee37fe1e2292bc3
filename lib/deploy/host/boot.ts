import { basename, dirname, fromFileUrl } from "@std/path";
import type { Config } from "../../config/config.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import {
  isDirectory,
  readIfExists,
  removeIfExists,
  writeAtomically,
} from "../../system/files.ts";
import {
  hasServiceManager,
  lingers,
  requireManager,
} from "../../system/service_manager.ts";
import { mountOf } from "../../system/mounts.ts";
import {
  disableUnit,
  enableUnit,
  isEnabled,
  pathOf,
  quoteForExec,
  quoteForUnit,
  readUnit,
  type UnitFile,
} from "../../system/unit_file.ts";
import { nameOfUser } from "../../system/users.ts";
import { rotationOf } from "./rotation.ts";

/** Whether a boot of the machine starts the services of a deploy.conf. */
export interface BootStatus {
  /** Whether a reboot would bring everything back. */
  ok: boolean;
  /** The path of the unit's file. */
  unit: string;
  /** Why it wouldn't. */
  problems: string[];
}

/** The result of enabling or disabling a unit. */
export interface BootChange {
  changed: boolean;
  /** The path of its file. */
  unit: string;
}

/**
 * Writes and enables the unit that runs `zddeploy start` at boot, unless it is up to date.
 *
 * @throws {ZddError} if that isn't possible; with exit status 2, if nothing was tried.
 */
export async function enableBoot(config: Config): Promise<BootChange> {
  requireSystemd(config);
  const unit = unitOf(config);
  const why = whyNoManager();
  if (why !== undefined) {
    throw new ZddError(why.problem, {
      hint: why.hint,
      exitStatus: ExitStatus.usage,
    });
  }
  const other = readUnit(unit);
  if (other !== undefined && !other.includes(mark(config))) {
    throw new ZddError(
      `"${pathOf(unit)}" exists and isn't for "${config.file}"`,
      {
        hint: "move it away, or rename the project's directory",
        exitStatus: ExitStatus.usage,
      },
    );
  }
  const text = await unitText(config);
  const rotation = rotationOf(config, basename(unit.name, ".service"));
  const isRotated = rotation === undefined ||
    readIfExists(rotation.file) === rotation.text;
  const changed = other !== text || !isRotated || !await isEnabled(unit);
  if (changed) await enableUnit(unit, text);
  if (!isRotated) writeAtomically(rotation.file, rotation.text);
  return { changed, unit: pathOf(unit) };
}

/**
 * Removes the unit, if there is one. What runs keeps running.
 *
 * @throws {ZddError} if that isn't possible.
 */
export async function disableBoot(config: Config): Promise<BootChange> {
  requireSystemd(config);
  const unit = unitOf(config);
  const changed = readUnit(unit) !== undefined;
  if (changed) await disableUnit(unit);
  const rotation = rotationOf(config, basename(unit.name, ".service"));
  if (rotation !== undefined) removeIfExists(rotation.file);
  return { changed, unit: pathOf(unit) };
}

/** Finds out whether a reboot would bring everything back, and if not, why. */
export async function bootStatus(config: Config): Promise<BootStatus> {
  requireSystemd(config);
  const unit = unitOf(config);
  const problems: string[] = [];
  const text = readUnit(unit);
  if (text === undefined) {
    problems.push("nothing starts it at boot: run zddeploy boot enable");
  } else if (!await isEnabled(unit)) {
    problems.push(`${unit.name} isn't enabled: run zddeploy boot enable`);
  } else if (text !== await unitText(config)) {
    problems.push(
      `${unit.name} isn't what zddeploy would write now: run zddeploy boot enable`,
    );
  }
  const why = whyNoManager();
  if (why !== undefined) problems.push(`${why.problem}: ${why.hint}`);
  problems.push(...vanishing(config));
  return { ok: problems.length === 0, unit: pathOf(unit), problems };
}

/** The unit of a deploy.conf, named by its directory: `zdd-srv-app.service`. */
function unitOf({ file }: Config): UnitFile {
  let directory = dirname(file);
  // All releases share one unit.
  if (basename(directory) === "current") directory = dirname(directory);
  const name = directory.split(/[^A-Za-z0-9_.]+/).filter((part) => part !== "")
    .join("-");
  return {
    name: `zdd-${name}.service`,
    manager: Deno.uid() === 0 ? "system" : "user",
  };
}

/** The unit's first line, which identifies it. */
function mark({ file }: Config): string {
  return `# Written by zddeploy boot enable, for ${file}\n`;
}

/** Docker restarts its containers before it accepts requests; Podman has no daemon. */
function afterEngine({ services }: Config): string {
  return services.some(({ container }) => container === "docker")
    ? " docker.service"
    : "";
}

async function unitText(config: Config): Promise<string> {
  const { file, directory } = config;
  const isSystem = Deno.uid() === 0;
  return [
    mark(config).trimEnd(),
    "[Unit]",
    `Description=Start what zddeploy serves from ${
      directory.replaceAll("%", "%%")
    }`,
    ...isSystem
      ? [
        "Wants=network-online.target",
        // The system's own nginx, if used, isn't started by zddeploy.
        `After=network-online.target nginx.service${afterEngine(config)}`,
        `RequiresMountsFor=${quoteForUnit(directory)}`,
      ]
      : [],
    "StartLimitIntervalSec=10min",
    "StartLimitBurst=20",
    "",
    "[Service]",
    "# It ends when everything serves. A restart starts what has ended since.",
    "Type=oneshot",
    `ExecStart=${
      [...ownCommand(), "start", "--conf", file].map(quoteForExec).join(" ")
    }`,
    ...ownEnvironment().map((line) => `Environment=${quoteForUnit(line)}`),
    "# What it needs may come up later, but mistakes in deploy.conf don't go away.",
    "Restart=on-failure",
    "RestartSec=10",
    "RestartPreventExitStatus=2",
    ...await killMode(),
    "",
    "[Install]",
    `WantedBy=${isSystem ? "multi-user.target" : "default.target"}`,
    "",
  ].join("\n");
}

/** Keeps systemd from ending what the unit starts, unless that gets scopes of its own. */
async function killMode(): Promise<string[]> {
  try {
    await requireManager(Deno.uid() === 0 ? "system" : "user");
    return [];
  } catch {
    return ["KillMode=process"];
  }
}

/** The command that runs this zddeploy: the executable, or the source in Deno. */
function ownCommand(): string[] {
  return Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "-A", "--no-lock", fromFileUrl(Deno.mainModule)];
}

/** Variables that start commands and Deno need: at boot, they may differ from the user's. */
function ownEnvironment(): string[] {
  const names = Deno.build.standalone ? ["PATH"] : ["PATH", "DENO_DIR"];
  return names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

/** @throws {ZddError} with exit status 2, if systemd isn't running. */
function requireSystemd({ file }: Config): void {
  if (hasServiceManager()) return;
  throw new ZddError("systemd isn't running on this machine", {
    hint:
      `run "zddeploy start --conf ${file}" at boot in another way, such as ` +
      "cron's @reboot",
    exitStatus: ExitStatus.usage,
  });
}

/** Why this user's units aren't started at boot; undefined if they are. */
function whyNoManager(): { problem: string; hint: string } | undefined {
  const uid = Deno.uid() ?? 0;
  if (uid === 0) return undefined;
  const user = nameOfUser(uid);
  if (lingers(user)) return undefined;
  return {
    problem: `${user} has no service manager at boot`,
    hint: `run "sudo loginctl enable-linger ${user}" once`,
  };
}

/** Problems with needed directories that are gone after a boot. */
function vanishing({ services, nginx }: Config): string[] {
  const needed = [
    ...services.map(({ cwd }) => cwd),
    ...[
      nginx.pidFile,
      nginx.template,
      ...services.map(({ pidFile }) => pidFile),
    ]
      .filter((file) => file !== undefined).map(dirname),
  ];
  return [...new Set(needed)].filter(isDirectory).flatMap((directory) => {
    const { point, type } = mountOf(directory);
    return type !== "tmpfs" || point === directory ? [] : [
      `"${directory}" is in memory, and lost at a reboot: put it on a disk, or create it with ` +
      `tmpfiles.d(5)`,
    ];
  });
}
