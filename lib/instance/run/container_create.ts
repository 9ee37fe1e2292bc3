import { join } from "@std/path";
import { splitWords } from "../../config/values.ts";
import { inheritedEnvironment } from "../../system/environment.ts";
import type { EngineName } from "../../system/container_engine.ts";
import { discard, writeAtomically } from "../../system/files.ts";
import { INSTANCE_VARIABLE } from "../../system/instance_mark.ts";
import { findUser } from "../../system/users.ts";
import type { Plan } from "../plan.ts";
import { environmentFile } from "./environment_file.ts";
import { projectOf } from "./project_name.ts";

/** The command that creates a container, and the variables it needs in its environment. */
export interface Creation {
  args: string[];
  env: Record<string, string>;
}

/**
 * Writes a container's environment to a file that others can't read, and returns the
 * command that creates the container.
 *
 * @param network options for its network and address
 * @throws {ZddError} if the file can't be written.
 */
export function creationOf(
  engine: EngineName,
  plan: Plan,
  labels: string[],
  network: string[],
): Creation {
  const { id, service, image = "", start } = plan;
  const { user, restart, stop, memoryMax, volumes } = service;
  const { global, options } = sortOptions(engine, service.options);
  const { lines, passed } = environmentOf(plan);
  // The file exists only while the container is being created.
  const file = environmentFile(service.stateDir, id);
  writeAtomically(file, lines, { mode: 0o600, exactly: true });
  const account = user === undefined ? undefined : findUser(user);
  const args = [
    ...[...global, "create", "--name", containerName(plan)],
    ...[...network, "--restart", restart, "--env-file", file],
    ...Object.keys(passed).flatMap((name) => ["--env", name]),
    ...account ? ["--user", `${account.uid}:${account.gid}`] : [],
    ...memoryMax === undefined ? [] : ["--memory", bytesOf(memoryMax)],
    // Unless deploy.conf sets it, the image decides the signal.
    ...stop === "kill -TERM" ? [] : ["--stop-signal", `SIG${stop.slice(6)}`],
    ...volumes.flatMap((volume) => ["--volume", volume]),
    ...options,
    // After the options: the last value of a label counts.
    ...labels.flatMap((label) => ["--label", label]),
    ...[image, ...splitWords(start) ?? [start]],
  ];
  return { args, env: passed };
}

/** `zdd-PROJECT-ID`, with only the characters that a name may have. */
export function containerName({ id, service }: Plan): string {
  return `zdd-${projectOf(service)}-${id}`.replace(/[^A-Za-z0-9_.-]/g, "_");
}

/** Removes the environment files that a killed zddeploy left behind. */
export function discardEnvironments(
  stateDir: string,
  known: ReadonlySet<string>,
): void {
  const directory = join(stateDir, "run");
  for (const { name } of Deno.readDirSync(directory)) {
    const id = /^(.*)\.env$/.exec(name)?.[1];
    if (id !== undefined && !known.has(id)) discard(join(directory, name));
  }
}

/**
 * The environment of a container. It has only those of zddeploy's variables that
 * deploy.conf names, since the image has its own environment.
 *
 * @returns `lines` for a file, and `passed` with variables of several lines
 */
function environmentOf(
  { id, service: { inheritEnv, containerPort }, env }: Plan,
): { lines: string; passed: Record<string, string> } {
  const variables = {
    ...Array.isArray(inheritEnv) ? named(inheritEnv) : {},
    ...containerPort === undefined ? {} : { PORT: String(containerPort) },
    ...env,
    [INSTANCE_VARIABLE]: id,
  };
  const entries = Object.entries(variables);
  const isLong = ([, value]: [string, string]) => /[\r\n]/.test(value);
  return {
    lines: entries.filter((entry) => !isLong(entry))
      .map(([name, value]) => `${name}=${value}\n`).join(""),
    passed: Object.fromEntries(entries.filter(isLong)),
  };
}

/** The variables that a list names, without the minimal set. */
function named(list: string[]): Record<string, string> {
  const minimal = inheritedEnvironment("no");
  return Object.fromEntries(
    Object.entries(inheritedEnvironment(list)).filter(([name]) =>
      list.includes(name) || !Object.hasOwn(minimal, name)
    ),
  );
}

/** Podman expects the runtime before the command. */
function sortOptions(
  engine: EngineName,
  options: string[],
): { global: string[]; options: string[] } {
  const at = options.findIndex((option) => /^--runtime(=|$)/.test(option));
  if (engine === "docker" || at < 0) return { global: [], options };
  const length = options[at] === "--runtime" ? 2 : 1;
  return {
    global: options.slice(at, at + length),
    options: options.toSpliced(at, length),
  };
}

/** `1.5G` in bytes: engines accept no fractions and no T. */
function bytesOf(size: string): string {
  const [, number = "0", unit = ""] = /^([\d.]+)([KMGT]?)$/.exec(size) ?? [];
  const bytes = Number(number) * 1024 ** (" KMGT".indexOf(unit || " "));
  return String(Math.round(bytes));
}
