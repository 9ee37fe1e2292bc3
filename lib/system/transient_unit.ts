import { basename } from "@std/path";
import { ZddError } from "../error.ts";
import { identify, isRunning, type ProcessId } from "./process.ts";
import {
  askManager,
  environmentFor,
  type Manager,
  unitProperties,
} from "./service_manager.ts";

// Services that systemd runs without a unit file (systemd-run(1)).

/** A service that systemd runs for zdd. */
export interface TransientUnit {
  /** Such as `zdd-app-web-1.service`. */
  name: string;
  manager: Manager;
}

/** A service that was started. */
export interface StartedUnit {
  /** Its control group, such as `/system.slice/zdd-app-web-1.service`. */
  group: string;
  /** Its main process; undefined if it has already ended. */
  main?: ProcessId;
}

/** The unit that a control group belongs to. */
export function unitOfGroup(group: string): TransientUnit {
  const isUsers = /\/user@\d+\.service\//.test(group);
  return { name: basename(group), manager: isUsers ? "user" : "system" };
}

/**
 * Starts a shell script as a service, and waits until the shell runs.
 *
 * @param properties `KEY=VALUE` each; the last one of a key counts
 * @throws {ZddError} with systemd's message, if it can't be started.
 */
export async function startUnit(
  { name, manager }: TransientUnit,
  script: string,
  properties: string[],
): Promise<StartedUnit> {
  const { success, words } = await askManager(manager, [
    ...["systemd-run", "--quiet", "--unit", name, "--service-type", "exec"],
    ...properties.flatMap((property) => ["--property", property]),
    // systemd substitutes variables in a command itself.
    ...["--", "/bin/sh", "-c", script.replaceAll("$", "$$$$")],
  ]);
  const { ControlGroup = "", ExecMainPID = "0" } = await unitProperties(
    { name, manager },
    ["ControlGroup", "ExecMainPID"],
  );
  if (!success && Number(ExecMainPID) === 0) {
    throw new ZddError(`systemd can't start ${name}`, {
      quote: words.trim().split("\n"),
      source: "systemd-run",
    });
  }
  return {
    group: ControlGroup || `/system.slice/${name}`,
    main: identify(Number(ExecMainPID)),
  };
}

/** How often to check whether a main process has ended, in ms. */
const LOOK = 25;

/**
 * Waits until a unit's main process has ended, and returns its exit status; 128 + the
 * signal's number after a signal. 1 if systemd has started another one since.
 */
export async function exitOf(
  unit: TransientUnit,
  main: ProcessId | undefined,
): Promise<number> {
  while (main !== undefined && isRunning(main)) {
    await new Promise<void>((resolve) =>
      Deno.unrefTimer(setTimeout(resolve, LOOK))
    );
  }
  const { ExecMainPID, ExecMainCode, ExecMainStatus = "1" } =
    await unitProperties(unit, [
      "ExecMainPID",
      "ExecMainCode",
      "ExecMainStatus",
    ]);
  if (main !== undefined && Number(ExecMainPID) !== main.pid) return 1;
  // CLD_KILLED and CLD_DUMPED of sigaction(2).
  const wasKilled = ExecMainCode === "2" || ExecMainCode === "3";
  return (wasKilled ? 128 : 0) + Number(ExecMainStatus);
}

/**
 * Stops a unit for good, and waits until it has stopped and systemd has forgotten it.
 *
 * @param timeout in ms
 * @throws {ZddError} with systemd's message, if it can't be stopped.
 */
export async function stopUnit(
  { name, manager }: TransientUnit,
  timeout: number,
): Promise<void> {
  const { success, words } = await askManager(
    manager,
    ["systemctl", "stop", "--", name],
    timeout,
  );
  if (!success && !/not loaded/.test(words)) {
    throw new ZddError(`systemd can't stop ${name}: ${words.trim()}`);
  }
  await askManager(manager, ["systemctl", "reset-failed", "--", name]);
}

/** Kills all processes of a unit, without a restart. The name may contain `*`. */
export async function killUnit(unit: TransientUnit): Promise<void> {
  const { name, manager } = unit;
  await askManager(manager, ["systemctl", "stop", "--no-block", "--", name]);
  await askManager(manager, [
    ...["systemctl", "kill", "--signal", "SIGKILL", "--", name],
  ]);
  await stopUnit(unit, KILL_TIMEOUT);
}

/** How long the kernel may take to end a killed process, in ms. */
const KILL_TIMEOUT = 5000;

/** How often a unit was restarted; undefined if systemd has forgotten it. Synchronous. */
export function restartsOf(
  { name, manager }: TransientUnit,
): number | undefined {
  try {
    const { stdout } = new Deno.Command("systemctl", {
      args: [
        ...manager === "user" ? ["--user"] : [],
        ...["show", "--property", "NRestarts", "--value", "--", name],
      ],
      env: environmentFor(manager),
      stdin: "null",
      stderr: "null",
    }).outputSync();
    const text = new TextDecoder().decode(stdout).trim();
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** A unit's environment files. */
export async function environmentFilesOf(
  unit: TransientUnit,
): Promise<string[]> {
  const { EnvironmentFiles = "" } = await unitProperties(
    unit,
    ["EnvironmentFiles"],
  );
  return EnvironmentFiles.split("\n")
    .map((line) => line.replace(/ \(ignore_errors=\w+\)$/, ""))
    .filter((line) => line !== "");
}

/** The last lines that a unit's processes printed. */
export async function lastWords(unit: TransientUnit): Promise<string[]> {
  // The journal may lag behind; only root can wait for it.
  await askManager("system", ["journalctl", "--sync"]);
  const [program = "", ...args] = journalCommand([unit], { lines: QUOTED });
  const { text } = await askManager("system", [program, ...args]);
  return text.trimEnd().split("\n").filter((line) => line !== "");
}

/** How many lines are quoted. */
const QUOTED = 20;

/** The command that shows what the processes of some units printed (journalctl(1)). */
export function journalCommand(
  units: TransientUnit[],
  { lines, follow = false, since }: {
    lines?: number;
    follow?: boolean;
    since?: string;
  },
): string[] {
  return [
    ...[JOURNALCTL, "--quiet", "--output", "cat"],
    ...lines === undefined ? [] : ["--lines", String(lines)],
    ...follow ? ["--follow"] : [],
    ...since === undefined ? [] : ["--since", since],
    // Without systemd's own messages about them.
    ...units.flatMap(({ name, manager }, i) => [
      ...i === 0 ? [] : ["+"],
      manager === "user"
        ? `_SYSTEMD_USER_UNIT=${name}`
        : `_SYSTEMD_UNIT=${name}`,
    ]),
  ];
}

/** Used where the file of a log is named: for a unit, the command that shows its log. */
export function journalOf({ name, manager }: TransientUnit): string {
  const user = manager === "user" ? "--user " : "";
  return `${JOURNALCTL} ${user}--unit ${name}`;
}

/** Whether the name of a log is a unit's. */
export function isJournal(log: string): boolean {
  return log.startsWith(`${JOURNALCTL} `);
}

const JOURNALCTL = "journalctl";
