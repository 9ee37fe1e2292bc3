import type { Instance } from "../../instance/instance.ts";
import { isAlive } from "../../instance/processes.ts";
import { runnerOf } from "../../instance/run/runners.ts";

/** How often a runner is asked, in ms: asking systemd takes a process. */
const ASKING = 1000;

/** Sees which of some instances have ended since they were started, also if their runner has started them again. */
export class Endings {
  #askedAt = -Infinity;

  /** One that has ended; undefined if all of them go on. */
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
