import type { Instance } from "../../instance/instance.ts";
import { isAlive } from "../../instance/processes.ts";
import { runnerOf } from "../../instance/run/runners.ts";

/** How often a runner is asked, in ms: asking systemd needs a process. */
const ASKING = 1000;

/** Finds instances that have ended since they were started, even if their runner has restarted them. */
export class Endings {
  #askedAt = -Infinity;

  /** An instance that has ended; undefined if none has. */
  find(instances: readonly Instance[]): Instance | undefined {
    const ended = instances.find((instance) => !isAlive(instance));
    if (ended !== undefined) return ended;
    const now = performance.now();
    if (now - this.#askedAt < ASKING) return undefined;
    this.#askedAt = now;
    return instances.find((instance) =>
      (runnerOf(instance).restarts?.(instance) ?? 0) > 0
    );
  }
}
