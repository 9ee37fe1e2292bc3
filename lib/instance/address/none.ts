import { isRunning } from "../../system/process.ts";
import { workerAmong } from "../worker_process.ts";
import type { AddressKind, Located, Locator, Sought, Started } from "./kind.ts";
import { namedProcess } from "./named_process.ts";

/** A worker: it doesn't listen, so nginx passes it no requests. */
export const none: AddressKind = {
  isHttp: false,
  plan: () => undefined,
  locator: (sought) => new Worker(sought),
};

/** Finds the start command itself, or the process that continues without it. */
class Worker implements Locator {
  constructor(readonly sought: Sought) {}

  look(start: Started): Located | string {
    const { pidFile } = this.sought;
    if (pidFile !== undefined) {
      const process = namedProcess(pidFile, start);
      return typeof process === "string" ? process : { process };
    }
    const { leader, status } = start;
    // A process that a failed command left behind isn't the worker.
    if (!isRunning(leader) && status !== 0) return "its process has ended";
    const process = workerAmong(start.processes(), leader);
    return process === undefined ? "none of its processes is left" : {
      process,
    };
  }
}
