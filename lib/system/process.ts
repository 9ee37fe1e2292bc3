import { numbersIn, readFile } from "./procfs.ts";
import { traceSignal } from "./trace.ts";

/**
 * Identifies a process: pids are reused, but not with the same start time in the same boot.
 */
export interface ProcessId {
  pid: number;
  /** In clock ticks after boot, field 22 of `/proc/PID/stat` (proc(5)). */
  startTime: number;
  /** `/proc/sys/kernel/random/boot_id`. */
  boot: string;
}

/** The fields of `/proc/PID/stat` that zdd reads (proc(5)). */
export interface ProcessStat {
  pid: number;
  /** `R`, `S`, `D`, `Z` (zombie), … */
  state: string;
  parent: number;
  /** Its process group. */
  group: number;
  session: number;
  /** Number of threads. */
  threads: number;
  /** In clock ticks after boot. */
  startTime: number;
}

let bootId: string | undefined;

/** The kernel's id of this boot of the machine. */
export function currentBoot(): string {
  return bootId ??= Deno.readTextFileSync("/proc/sys/kernel/random/boot_id")
    .trim();
}

/** Reads `/proc/PID/stat`; undefined if there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(pid, "stat");
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses and may contain any character.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    threads: Number(fields[17]),
    startTime: Number(fields[19]),
  };
}

/** The identity of a running process; undefined if it is gone or a zombie. */
export function identify(pid: number): ProcessId | undefined {
  const stat = readLiving(pid);
  return stat && { pid, startTime: stat.startTime, boot: currentBoot() };
}

/** Whether this very process still runs, not another that got its pid later. */
export function isRunning(process: ProcessId): boolean {
  if (process.boot !== currentBoot()) return false;
  return readLiving(process.pid)?.startTime === process.startTime;
}

/** Whether a process sleeps, and so has finished what it was doing; or is gone. */
export function isAsleep({ pid, startTime }: ProcessId): boolean {
  const stat = readStat(pid);
  return stat?.startTime !== startTime || stat.state === "S" || isDead(stat);
}

/**
 * Whether a process has handled every SIGHUP sent to it and waits for the next signal, as
 * nginx's master does in sigsuspend(2). Then it sleeps, and SIGHUP is neither pending nor
 * blocked (proc(5), `SigBlk`). While it works, it blocks the signal.
 */
export function awaitsHangup({ pid }: ProcessId): boolean {
  const status = readProc(pid, "status") ?? "";
  const isSet = (mask: string) => {
    const bits = new RegExp(`^${mask}:\\s+([0-9a-f]+)$`, "m").exec(status)?.[1];
    // SIGHUP is 1, the lowest bit of the last digit; an unknown mask proves nothing.
    return bits === undefined || parseInt(bits.slice(-1), 16) % 2 === 1;
  };
  return /^State:\s+S/m.test(status) &&
    !["SigPnd", "ShdPnd", "SigBlk"].some(isSet);
}

/** Whether two identities name the same process. */
export function isSame(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.boot === b.boot;
}

/**
 * Sends a signal to this very process. Returns false if it is gone.
 *
 * @throws {Deno.errors.PermissionDenied} if it belongs to another user.
 */
export function sendSignal(process: ProcessId, signal: Deno.Signal): boolean {
  if (!isRunning(process)) return false;
  traceSignal(signal, process.pid);
  try {
    Deno.kill(process.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof TypeError && !isRunning(process)) return false;
    throw error;
  }
}

/** The command line as `ps` shows it. A program may have replaced it with a title. */
export function commandLine(pid: number): string {
  return argumentsOf(pid).join(" ").trim();
}

/** The words of the command line; none if the process is gone. A title may be one word. */
export function argumentsOf(pid: number): string[] {
  return (readProc(pid, "cmdline") ?? "").replace(/\0+$/, "").split("\0");
}

/** The real user id of a process; undefined if it is gone. */
export function userOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(readProc(pid, "status") ?? "")?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** The user and groups that a process accesses files with. */
export interface Credentials {
  uid: number;
  /** The primary group and the supplementary ones. */
  groups: number[];
}

/** The effective user and groups of a process; undefined if it is gone. */
export function credentialsOf(pid: number): Credentials | undefined {
  const text = readProc(pid, "status") ?? "";
  // Real, effective, saved and file system ids (proc(5)).
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(text)?.[1];
  const gid = /^Gid:\s+\d+\s+(\d+)/m.exec(text)?.[1];
  const others = /^Groups:\s*(.*)$/m.exec(text)?.[1] ?? "";
  if (uid === undefined || gid === undefined) return undefined;
  const groups = [gid, ...others.split(" ").filter((id) => id !== "")];
  return { uid: Number(uid), groups: groups.map(Number) };
}

/** Resident memory in bytes; undefined if the process is gone. */
export function memoryOf(pid: number): number | undefined {
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readProc(pid, "status") ?? "")?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/**
 * The memory of some processes together, in bytes. Shared memory counts once if it can be
 * read (Pss, proc(5)), otherwise for each process.
 */
export function memoryOfAll(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const share = /^Pss:\s+(\d+)/m.exec(readOwn(pid, "smaps_rollup"))?.[1];
    return sum + (share ? Number(share) * 1024 : memoryOf(pid) ?? 0);
  }, 0);
}

/** When a process started, in ms since 1970; undefined if it is gone. */
export function startedAt(pid: number): number | undefined {
  const stat = readStat(pid);
  const boot = /^btime (\d+)$/m.exec(Deno.readTextFileSync("/proc/stat"))?.[1];
  if (stat === undefined || boot === undefined) return undefined;
  // USER_HZ is 100 on every Linux that Deno runs on (proc(5), sysconf(3)).
  return Number(boot) * 1000 + stat.startTime * 10;
}

/** Every living process on the machine that can be read. */
export function allProcesses(): ProcessStat[] {
  return allPids().flatMap((pid) => readLiving(pid) ?? []);
}

/** The pids of all visible processes on the machine. */
export function allPids(): number[] {
  return numbersIn("/proc");
}

/** Reads `/proc/PID/stat`; undefined if there is no such process, or it is dead. */
export function readLiving(pid: number): ProcessStat | undefined {
  const stat = readStat(pid);
  return stat === undefined || isDead(stat) ? undefined : stat;
}

/** The value of a variable in a process's initial environment. */
export function environmentOf(pid: number, name: string): string | undefined {
  const entries = readOwn(pid, "environ").split("\0");
  const prefix = name + "=";
  return entries.find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

/** The targets of a process's open files, by descriptor; empty if they can't be read. */
export function openFiles(pid: number): Map<number, string> {
  const files = filesIn(`/proc/${pid}/fd`);
  const thread = files.size > 0 ? undefined : livingThreadOf(pid);
  return thread === undefined ? files : filesIn(`${thread}/fd`);
}

function filesIn(directory: string): Map<number, string> {
  const files = new Map<number, string>();
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      try {
        files.set(Number(name), Deno.readLinkSync(`${directory}/${name}`));
      } catch { /* closed meanwhile */ }
    }
  } catch { /* gone, or owned by another user */ }
  return files;
}

/**
 * A process whose first thread has ended looks like a zombie, but other threads may still
 * run.
 */
function isDead({ state, threads }: ProcessStat): boolean {
  return state === "X" || state === "Z" && threads <= 1;
}

/**
 * If a process's first thread has ended while others run, the directory in /proc that shows
 * its memory and files; undefined for any other process.
 */
function livingThreadOf(pid: number): string | undefined {
  const stat = readStat(pid);
  if (stat?.state !== "Z" || isDead(stat)) return undefined;
  const tasks = `/proc/${pid}/task`;
  try {
    const other = [...Deno.readDirSync(tasks)]
      .find(({ name }) => Number(name) !== pid);
    return other && `${tasks}/${other.name}`;
  } catch {
    return undefined; // gone
  }
}

/**
 * Reads a file in /proc that is empty without a process's memory; empty if that can't be
 * read.
 */
function readOwn(pid: number, file: string): string {
  const text = readProc(pid, file);
  if (text) return text;
  const thread = livingThreadOf(pid);
  return (thread && readFile(`${thread}/${file}`)) ?? "";
}

function readProc(pid: number, file: string): string | undefined {
  return readFile(`/proc/${pid}/${file}`);
}
