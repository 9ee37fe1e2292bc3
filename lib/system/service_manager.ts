import { messageOf } from "../error.ts";
import { isDirectory, isFile, readIfExists } from "./files.ts";
import { traceCommand } from "./trace.ts";
import { waitUntil } from "./wait.ts";

/** One of systemd's service managers: the system's, or that of the user who runs zdd. */
export type Manager = "system" | "user";

/** The unit that a process is part of. */
export interface Unit {
  /** Such as `deploy.service` or `session-3.scope`. */
  name: string;
  manager: Manager;
  /** The user id, if the unit is in the slice of a user. */
  owner?: number;
}

/** The signals that commands such as `kill -QUIT` end servers with. */
export type KillSignal =
  | "SIGTERM"
  | "SIGQUIT"
  | "SIGINT"
  | "SIGHUP"
  | "SIGWINCH";

/** A scope to create (systemd.scope(5)). */
export interface Scope {
  /** Ends in `.scope`. */
  name: string;
  manager: Manager;
  description: string;
  /** The signal that its processes get when the machine shuts down; SIGTERM if undefined. */
  killSignal?: KillSignal;
}

/** How long systemd may take for what usually takes milliseconds, in ms. */
const TIMEOUT = 10_000;

/** Whether systemd runs this machine (sd_booted(3)). */
export function hasServiceManager(): boolean {
  return isDirectory("/run/systemd/system");
}

/** The unit of a process; undefined if it is in none, or is gone. */
export function unitOfProcess(pid: number): Unit | undefined {
  return unitOf(readIfExists(`/proc/${pid}/cgroup`) ?? "");
}

/**
 * The unit in a text of `/proc/PID/cgroup` (cgroups(7)): the innermost one of the path in
 * systemd's hierarchy, or in the only one of version 2.
 */
export function unitOf(cgroup: string): Unit | undefined {
  const path = groupIn(cgroup) ?? "";
  const names = path.split("/");
  const name = names.findLast((name) => /\.(service|scope)$/.test(name));
  if (name === undefined || name === "init.scope") return undefined;
  const uid = /\/user-(\d+)\.slice\//.exec(path)?.[1];
  const isBelowManager = names.indexOf(`user@${uid}.service`) > 0 &&
    !name.startsWith("user@");
  return {
    name,
    manager: isBelowManager ? "user" : "system",
    owner: uid === undefined ? undefined : Number(uid),
  };
}

/** The control group of a process in systemd's hierarchy; undefined if it is gone. */
export function groupOfProcess(pid: number): string | undefined {
  return groupIn(readIfExists(`/proc/${pid}/cgroup`) ?? "");
}

function groupIn(cgroup: string): string | undefined {
  return /^\d+:name=systemd:(.*)$/m.exec(cgroup)?.[1] ??
    /^0::(.*)$/m.exec(cgroup)?.[1];
}

/**
 * Some properties of a unit, as `systemctl show` prints them; empty if there is no such
 * unit or systemd can't be asked.
 */
export async function unitProperties(
  { name, manager }: Pick<Unit, "name" | "manager">,
  properties: string[],
): Promise<Record<string, string>> {
  const { text } = await askManager(manager, [
    ...["systemctl", "show", "--property", properties.join(",")],
    ...["--", name],
  ]);
  return Object.fromEntries(
    text.split("\n").filter((line) => line.includes("=")).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/**
 * Whether logind ends a user's processes at logout (logind.conf(5)). False if there is no
 * logind.
 */
export async function killsAtLogout(user: string): Promise<boolean> {
  const { text } = await askManager("system", [
    ...["busctl", "--json=short", "get-property", "org.freedesktop.login1"],
    ...["/org/freedesktop/login1", "org.freedesktop.login1.Manager"],
    ...["KillUserProcesses", "KillOnlyUsers", "KillExcludeUsers"],
  ]);
  const lines = text.trim().split("\n");
  if (lines.length !== 3) return false;
  const [all, only, exclude] = lines.map((line) => JSON.parse(line).data);
  // Root is excluded unless the list says otherwise.
  if (exclude.length === 0 ? user === "root" : exclude.includes(user)) {
    return false;
  }
  return only.length > 0 ? only.includes(user) : all;
}

/** Whether a user's service manager runs even if the user isn't logged in (loginctl(1)). */
export function lingers(user: string): boolean {
  return isFile(`/var/lib/systemd/linger/${user}`);
}

/** @throws {Error} with the reason, if a manager can't be reached. */
export async function requireManager(manager: Manager): Promise<void> {
  const { success, words } = await askManager(manager, [
    ...["busctl", "get-property", ...MANAGER, "Version"],
  ]);
  if (!success) throw new Error(words.trim());
}

/**
 * Moves a process into its own scope, so that it doesn't end with another unit. The scope
 * exists until the last process in it has ended.
 *
 * @throws {Error} with systemd's message, if that fails.
 */
export async function moveIntoScope(
  pid: number,
  { name, manager, description, killSignal = "SIGTERM" }: Scope,
): Promise<void> {
  const { constants } = await import("node:os");
  const { success, text, words } = await askManager(manager, [
    ...["busctl", "call", ...MANAGER],
    ...["StartTransientUnit", "ssa(sv)a(sa(sv))", name, "fail", "5"],
    ...["Description", "s", description],
    ...["PIDs", "au", "1", String(pid)],
    ...["KillSignal", "i", String(constants.signals[killSignal])],
    ...["CollectMode", "s", "inactive-or-failed"],
    // Otherwise systemd 253 and later ends them all if the kernel kills one for its memory.
    ...["Delegate", "b", "true"],
    "0",
  ]);
  if (!success) throw new Error(words.trim() || text.trim());
  const moved = await waitUntil(
    () => unitOfProcess(pid)?.name === name ? true : undefined,
    { timeout: TIMEOUT, interval: 1 },
  );
  if (moved === undefined) throw new Error(`${name} didn't start`);
}

const MANAGER = [
  "org.freedesktop.systemd1",
  "/org/freedesktop/systemd1",
  "org.freedesktop.systemd1.Manager",
];

/** The environment variables that systemd's commands need to find a manager. */
export function environmentFor(manager: Manager): Record<string, string> {
  return manager === "user"
    ? { XDG_RUNTIME_DIR: `/run/user/${Deno.uid()}` }
    : {};
}

/** Runs one of systemd's commands, `systemctl` or `busctl`, for a manager. Never throws. */
export async function askManager(
  manager: Manager,
  [program = "", ...args]: string[],
  timeout = TIMEOUT,
): Promise<{ success: boolean; text: string; words: string }> {
  if (manager === "user") args.unshift("--user");
  traceCommand([program, ...args], "/");
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: "/",
      env: environmentFor(manager),
      stdin: "null",
      signal: AbortSignal.timeout(timeout),
    }).output();
    const decoder = new TextDecoder();
    const [text, words] = [decoder.decode(stdout), decoder.decode(stderr)];
    return { success, text, words };
  } catch (error) {
    return { success: false, text: "", words: messageOf(error) };
  }
}
