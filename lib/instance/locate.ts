import { dirname } from "@std/path";
import { ZddError } from "../error.ts";
import { type Address, formatAddress } from "../system/address.ts";
import { processesOf } from "../system/instance_mark.ts";
import { identify, type ProcessId, readStat } from "../system/process.ts";
import {
  holders,
  listeningInodes,
  listeningSockets,
} from "../system/sockets.ts";
import type { Plan } from "./plan.ts";
import { portFileOf, readPid, readPort } from "./port_file.ts";

/** Where an instance was found. */
export interface Located {
  process: ProcessId;
  address: Address;
  portFile?: string;
}

/** Looks for an instance that is being started: finds it, or tells what is missing. */
export interface Locator {
  /** @throws {ZddError} while what it sees makes no sense; it may be half written. */
  look(start: Started): Located | string;
}

/** What a start command has brought about. */
export interface Started {
  /** The process of the command. */
  leader: ProcessId;
  /** Whether a process is one that it brought about. */
  isOurs(process: ProcessId): boolean;
}

/** How an instance of this plan tells where it is. */
export function locatorFor(plan: Plan): Locator {
  if (plan.address !== undefined) return new GivenAddress(plan, plan.address);
  if (plan.service.port === "detect") return new Detected(plan);
  if (plan.pidFile === undefined) throw new TypeError(plan.service.name);
  return new PortFile(plan.pidFile);
}

/** The service writes its pid into a file, and its port into `<pid>.port` beside it. */
class PortFile implements Locator {
  readonly #old: Map<string, string>;

  constructor(readonly pidFile: string) {
    this.#old = portFilesIn(dirname(pidFile));
  }

  look(start: Started): Located | string {
    const process = namedProcess(this.pidFile, start);
    if (typeof process === "string") return process;
    const portFile = portFileOf(this.pidFile, process.pid);
    const missing = `no port in "${portFile}"`;
    // One from a process that had this pid before says nothing.
    if (this.#old.get(portFile) === fileIdentity(portFile)) return missing;
    const address = readPort(portFile);
    return address === undefined ? missing : { process, address, portFile };
  }
}

/** zdd handed out the address: whichever of its processes listens there is the server. */
class GivenAddress implements Locator {
  constructor(readonly plan: Plan, readonly address: Address) {}

  look(start: Started): Located | string {
    const { plan: { id, pidFile }, address } = this;
    const missing = `nobody listens on ${formatAddress(address)}`;
    const inodes = listeningInodes(address);
    if (inodes.length === 0) return missing;
    const own = processesOf(id, start.leader);
    const listening = holders(inodes, own.map(({ pid }) => pid));
    if (listening.length === 0) {
      throw new ZddError(
        `another program listens on ${formatAddress(address)}`,
      );
    }
    if (pidFile !== undefined) {
      const process = namedProcess(pidFile, start);
      return typeof process === "string" ? process : { process, address };
    }
    const process = topmost(own, listening, start.leader);
    return process === undefined ? missing : { process, address };
  }
}

/** How long no other port must be opened, in ms: the first may be one for metrics. */
const SETTLED = 200;

/** The service chooses its port and tells nobody: its processes' sockets are looked at. */
class Detected implements Locator {
  #seen = "";
  /** Since when just these ports are open, in ms of `performance.now()`. */
  #since = 0;

  constructor(readonly plan: Plan) {}

  look(start: Started): Located | string {
    const { id, pidFile, service: { portNumber } } = this.plan;
    const own = processesOf(id, start.leader);
    const sockets = listeningSockets(own.map(({ pid }) => pid))
      .filter(({ address }) =>
        portNumber === undefined || address.port === portNumber
      );
    const ports = [...new Set(sockets.map(({ address }) => address.port))];
    if (ports.length > 1) {
      throw new ZddError(
        `it listens on several ports: ${ports.join(", ")}; say which one ` +
          `serves with "port: detect ${ports[0]}"`,
        { hint: 'if they are others at each start, use "port: env"' },
      );
    }
    const [socket] = sockets;
    if (socket === undefined) {
      return portNumber === undefined
        ? "none of its processes listens on a port that can be reached"
        : `none of its processes listens on port ${portNumber}`;
    }
    if (portNumber === undefined && !this.#isSettled(ports)) {
      return "it has just begun to listen";
    }
    const { address, pids } = socket;
    const process = pidFile === undefined
      ? topmost(own, pids, start.leader)
      : namedProcess(pidFile, start);
    if (process === undefined) return "the listening process is gone";
    return typeof process === "string" ? process : { process, address };
  }

  #isSettled(ports: number[]): boolean {
    const now = performance.now();
    const seen = ports.join();
    if (seen !== this.#seen) this.#since = now;
    this.#seen = seen;
    return now - this.#since >= SETTLED;
  }
}

/**
 * Of a server and its workers, who share a socket, the one above the others. One that has
 * left the start command's session is a daemon, and what is above it is about to end.
 */
function topmost(
  own: ProcessId[],
  pids: number[],
  leader: ProcessId,
): ProcessId | undefined {
  const topsOf = (among: number[]) =>
    among.filter((pid) => !among.includes(readStat(pid)?.parent ?? 0));
  const daemons = topsOf(
    pids.filter((pid) => readStat(pid)?.session !== leader.pid),
  );
  // Several are workers with sessions of their own.
  const [top] = daemons.length === 1 ? daemons : topsOf(pids);
  return own.find(({ pid }) => pid === top);
}

/**
 * The running process that a pid file names, or why there is none.
 *
 * @throws {ZddError} if it names one that isn't of this start: whoever owns the file's
 * directory could name any.
 */
function namedProcess(
  pidFile: string,
  { isOurs }: Started,
): ProcessId | string {
  const pid = readPid(pidFile);
  if (pid === undefined) return `no pid in "${pidFile}"`;
  const process = identify(pid);
  if (process === undefined) {
    return `process ${pid}, which "${pidFile}" names, isn't running`;
  }
  if (isOurs(process)) return process;
  throw new ZddError(
    `"${pidFile}" names process ${pid}, which this start didn't start`,
  );
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
