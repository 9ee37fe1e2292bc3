import { dirname } from "@std/path";
import type { ServiceConfig } from "../config/config.ts";
import { formatDuration } from "../config/duration.ts";
import { messageOf, ZddError } from "../error.ts";
import { type Address, formatAddress } from "../system/address.ts";
import { removeIfExists } from "../system/files.ts";
import {
  descendsFrom,
  INSTANCE_VARIABLE,
  isMarked,
  processesOf,
} from "../system/instance_mark.ts";
import {
  identify,
  isRunning,
  type ProcessId,
  readStat,
  userOf,
} from "../system/process.ts";
import { type Detached, startDetached } from "../system/shell.ts";
import { readTail, sizeOf } from "../system/tail.ts";
import { DirectoryWatch } from "../system/watch.ts";
import type { Instance } from "./instance.ts";
import { portFileOf, readPid, readPort } from "./pid_file.ts";

/** How long a pid or port file may hold nonsense before that counts, in ms: it may be half written. */
const SETTLE = 1000;
/** How long none of its processes must be seen, in ms: a daemon is hard to see while it forks. */
const FORKING = 250;
/** How often a process is looked at that may have died without a word, in ms. */
const LOOK = 50;

/** A start command that has been run, and what came of it so far. */
export class Launch {
  readonly leader: ProcessId | undefined;
  readonly #child: Detached;
  readonly #startedAt = new Date();
  readonly #logStart: number;
  readonly #oldPortFiles: Map<string, string>;
  readonly #watch: DirectoryWatch;
  #status?: number;
  /** Since when none of its processes is seen, in ms of `performance.now()`. */
  #goneSince?: number;

  /**
   * Runs the start command of a service.
   *
   * @param id of the new instance
   * @throws {ZddError} if it can't be run.
   */
  constructor(readonly service: ServiceConfig, readonly id: string) {
    const { pidFile, log, cwd, env } = service;
    this.#logStart = sizeOf(log);
    this.#oldPortFiles = portFilesIn(dirname(pidFile));
    this.#watch = new DirectoryWatch(dirname(pidFile));
    // A server that finds the pid of a living process there refuses to start.
    removeIfExists(pidFile);
    this.#child = startDetached(service.start, {
      cwd,
      log,
      env: { ...env, [INSTANCE_VARIABLE]: id, ZDD_SERVICE: service.name },
    });
    this.leader = identify(this.#child.pid);
    this.#child.exited.then((status) => {
      this.#status = status;
      this.#watch.wake();
    });
  }

  /**
   * Waits until the instance has written its pid and its port.
   *
   * @throws {ZddError} with the cause and the last lines of its log, as soon as it can't come any more.
   */
  async instance(signal?: AbortSignal): Promise<Instance> {
    using watch = this.#watch;
    const { startTimeout, name, log } = this.service;
    const end = performance.now() + startTimeout;
    let nonsense: { message: string; since: number } | undefined;
    for (;;) {
      const now = performance.now();
      let missing: string;
      try {
        const found = this.#look();
        if (typeof found !== "string") {
          return {
            id: this.id,
            service: name,
            process: found.process,
            address: formatAddress(found.address),
            startedAt: this.#startedAt.toISOString(),
            log,
          };
        }
        missing = found;
        nonsense = undefined;
      } catch (error) {
        missing = messageOf(error);
        if (nonsense?.message !== missing) {
          nonsense = { message: missing, since: now };
        }
        if (now - nonsense.since > SETTLE) throw this.failure(missing);
      }
      const ended = this.#ended();
      if (ended !== undefined) throw this.failure(ended);
      if (now >= end) {
        throw this.failure(
          `${missing} after ${formatDuration(startTimeout)}`,
          "if it needs longer, set start_timeout",
        );
      }
      await watch.changed(Math.min(LOOK, end - now), signal);
    }
  }

  /** An error about this start, with what the instance printed. */
  failure(what: string, hint?: string): ZddError {
    const { name, log } = this.service;
    const quote = readTail(log, this.#logStart);
    return new ZddError(`${name} didn't start: ${what}`, {
      quote,
      source: log,
      hint: hint ?? (quote.length > 0 ? undefined : "it printed nothing"),
    });
  }

  /** The running process and its address, or what is still missing. */
  #look(): { process: ProcessId; address: Address } | string {
    const { pidFile } = this.service;
    const pid = readPid(pidFile);
    if (pid === undefined) return `no pid in "${pidFile}"`;
    const process = identify(pid);
    if (process === undefined) {
      return `process ${pid}, which "${pidFile}" names, isn't running`;
    }
    if (!this.#isOurs(process)) {
      throw new ZddError(
        `"${pidFile}" names process ${pid}, which this start didn't start`,
      );
    }
    const portFile = portFileOf(pidFile, pid);
    if (this.#oldPortFiles.get(portFile) === fileIdentity(portFile)) {
      return `no port in "${portFile}"`;
    }
    const address = readPort(portFile);
    return address === undefined
      ? `no port in "${portFile}"`
      : { process, address };
  }

  /** Why nothing can come any more; undefined while something can. */
  #ended(): string | undefined {
    if (this.#status === undefined) return undefined;
    const { start, cwd } = this.service;
    if (this.#status === 127) {
      return `no such command: "${start}" in "${cwd}" (exit status 127)`;
    }
    if (this.#status !== 0) {
      return `"${start}" ended with exit status ${this.#status}`;
    }
    // A daemon has left its parent behind.
    if (this.#isAlive()) {
      this.#goneSince = undefined;
      return undefined;
    }
    const now = performance.now();
    this.#goneSince ??= now;
    return now - this.#goneSince < FORKING
      ? undefined
      : `"${start}" ended, and none of its processes is left`;
  }

  #isAlive(): boolean {
    const pid = readPidOrNothing(this.service.pidFile);
    return pid !== undefined && identify(pid) !== undefined ||
      processesOf(this.id, this.leader).length > 0;
  }

  /**
   * Whether a process is one that this start brought about. Whoever owns the pid
   * file's directory could name any other.
   */
  #isOurs(process: ProcessId): boolean {
    const { pid } = process;
    const leader = this.leader ?? { pid: this.#child.pid, startTime: 0 };
    if (isMarked(pid, this.id) || descendsFrom(pid, leader.pid)) return true;
    if (readStat(pid)?.session === leader.pid) return true;
    // Through sudo or a supervisor it has lost the mark, but not its age.
    return process.startTime >= leader.startTime && userOf(pid) === Deno.uid();
  }
}

/** Throws if the instance has ended. */
export function requireRunning(launch: Launch, instance: Instance): void {
  if (!isRunning(instance.process)) {
    throw launch.failure(`process ${instance.process.pid} ended`);
  }
}

/** The port files in a directory, each with what tells it from a later one of that name. */
function portFilesIn(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (/^\d+\.port$/.test(name)) found.set(path, fileIdentity(path) ?? "");
  }
  return found;
}

function fileIdentity(path: string): string | undefined {
  try {
    const { ino, mtime, size } = Deno.lstatSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch {
    return undefined;
  }
}

function readPidOrNothing(file: string): number | undefined {
  try {
    return readPid(file);
  } catch {
    return undefined;
  }
}
