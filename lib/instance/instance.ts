import type { ProcessId } from "../system/process.ts";
import type { Slot } from "./slots.ts";

/** One running copy of a service, as stored in the state. */
export interface Instance {
  /** Also in the environment of its processes as `ZDD_INSTANCE`, unless they overwrite it. */
  id: string;
  service: string;
  /** 1, 2, … among the instances of its service. */
  number: number;
  /** The process that serves and is told to stop; of several, the parent of the others. */
  process: ProcessId;
  /** `127.0.0.1:45643` or `unix:/path`; undefined for a worker, which has none. */
  address?: string;
  /** The slot whose address it has; undefined if it chose its own. */
  slot?: Slot;
  /** The name given with `--release`. */
  release?: string;
  /** A digest of what it was started with; see `fingerprintOf`. */
  fingerprint?: string;
  /** ISO 8601. */
  startedAt: string;
  log: string;
  /** The file it writes its pid to, if any. */
  pidFile?: string;
  /** The file it wrote its address to, if any. */
  portFile?: string;
  /** The process of the start command, which led a session. */
  leader?: ProcessId;
  /** Its processes whose parents weren't its own, when they were last read. */
  roots?: ProcessId[];
  /** The ids of the users that its processes ran as. */
  users?: number[];
  /** The inodes of the sockets that listened on its address. */
  sockets?: string[];
  /**
   * Identifies the socket at its address, in case another has its path by now; see
   * `socketFile`.
   */
  socketFile?: string;
  /** The name of its runner; zdd itself if undefined. */
  runner?: string;
  /** What identifies it for the runner: a control group or a container's id. */
  handle?: string;
  /** The start command and its directory: a link may lead to another release by now. */
  command?: string;
  cwd?: string;
  /** How it is stopped if its service isn't in deploy.conf any more. */
  stopping?: Stopping;
}

/** An instance that listens somewhere. */
export type Listening<T> = T & { address: string };

/** Whether an instance listens somewhere. */
export function isListening<T extends Pick<Instance, "address">>(
  instance: T,
): instance is Listening<T> {
  return instance.address !== undefined;
}

/** How an instance is ended. Times in ms. */
export interface Stopping {
  /** The stop command, to which the pid is appended. */
  stop: string;
  /** The directory that it runs in. */
  cwd: string;
  drainTimeout: number;
  stopTimeout: number;
  /** From the stop command to SIGKILL; never if undefined. */
  killAfter?: number;
  /** A command to run before, with the pid appended. */
  retire?: string;
}

/** Whether a text is a name that zdd gives to instances of a service. */
export function isInstanceId(text: string, service: string): boolean {
  return text.startsWith(`${service}-`) &&
    /^\d{8}T\d{6}-[0-9a-f]{6}$/.test(text.slice(service.length + 1));
}

/** A unique name for a new instance: `web-20261123T174512-3f9a2c`. */
export function newInstanceId(service: string, now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+Z$/g, "");
  return `${service}-${time}-${crypto.randomUUID().slice(0, 6)}`;
}
