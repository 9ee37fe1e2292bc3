import type { ProcessId } from "../system/process.ts";
import type { Slot } from "./slots.ts";

/** One running copy of a service. Stored in the state as it is. */
export interface Instance {
  /** Also in the environment of its processes as `ZDD_INSTANCE`, unless they overwrite it. */
  id: string;
  service: string;
  /** 1, 2, … among the instances of its service. */
  number: number;
  /** The one that serves, and is told to stop; of several, the one above the others. */
  process: ProcessId;
  /** `127.0.0.1:45643` or `unix:/path`; undefined for a worker, which has none. */
  address?: string;
  /** Which of the addresses that zdd hands out it has; undefined if it chose its own. */
  slot?: Slot;
  /** What `--release` named. */
  release?: string;
  /** A digest of what it was started with; see `fingerprintOf`. */
  fingerprint?: string;
  /** ISO 8601. */
  startedAt: string;
  log: string;
  /** What it writes its pid into, if it does. */
  pidFile?: string;
  /** What it wrote its address into. */
  portFile?: string;
  /** The process of the start command, which led a session. */
  leader?: ProcessId;
  /** Those of its processes whose parents weren't of it, when it was last looked at. */
  roots?: ProcessId[];
  /** The ids of the users as whom its processes ran. */
  users?: number[];
  /** The inodes of the sockets that listened on its address. */
  sockets?: string[];
  /** The socket at its address, should another have its name by now; see `socketFile`. */
  socketFile?: string;
  /** What runs it; zdd itself if undefined. */
  runner?: string;
  /** What the runner knows it by: the name of a unit, of a container. */
  handle?: string;
  /** What it was started with, and where: a link may lead to another release by now. */
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
  /** Where that runs. */
  cwd: string;
  drainTimeout: number;
  stopTimeout: number;
  /** From the stop command to SIGKILL; undefined: never. */
  killAfter?: number;
  /** What is run on it before, with its pid appended. */
  retire?: string;
}

/** Whether a text is a name that zdd gives to instances of a service. */
export function isInstanceId(text: string, service: string): boolean {
  return text.startsWith(`${service}-`) &&
    /^\d{8}T\d{6}-[0-9a-f]{6}$/.test(text.slice(service.length + 1));
}

/** A name for a new instance, which no other has had: `web-20261123T174512-3f9a2c`. */
export function newInstanceId(service: string, now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+Z$/g, "");
  return `${service}-${time}-${crypto.randomUUID().slice(0, 6)}`;
}
