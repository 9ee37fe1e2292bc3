import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import type { Instance } from "../instance/instance.ts";
import type { Launch } from "../instance/start.ts";
import { isSame } from "../system/process.ts";
import { withInstances } from "../state/transitions.ts";
import { type State, writeState } from "../state/state.ts";
import type { StateDir } from "../state/state_dir.ts";

/** New instances from their start to the commit: all that time, the old ones can serve on. */
export class Started {
  readonly #instances = new Map<Launch, Instance>();

  /** @param launches in whose order the instances are */
  constructor(readonly launches: Launch[]) {}

  /** An instance that has been found and checked. */
  add(launch: Launch, instance: Instance): void {
    this.#instances.set(launch, instance);
  }

  /**
   * Those that were added, as they are now.
   *
   * @throws {ZddError} with the last lines of its log, if one of them has ended.
   */
  async instances(): Promise<Instance[]> {
    const present: Instance[] = [];
    for (const launch of this.launches) {
      const known = this.#instances.get(launch);
      if (known === undefined) continue;
      const seen = await launch.look();
      const instance = isSame(seen.process, known.process)
        ? known
        : { ...seen, setup: known.setup };
      this.#instances.set(launch, instance);
      present.push(instance);
    }
    return present;
  }

  /**
   * Looks once more when the old ones have gone, and writes down which processes the new
   * ones are by now.
   *
   * @throws {ZddError} with exit status 4, if one has ended: undoing is no use any more.
   */
  async settle(directory: StateDir, state: State): Promise<void> {
    const committed = [...this.#instances.values()];
    let present: Instance[];
    try {
      present = await this.instances();
    } catch (error) {
      const hasStandby = Object.values(state.services)
        .some(({ standby }) => standby.length > 0);
      throw new ZddError(`${messageOf(error)}, after it was put live`, {
        ...wordsOf(error),
        hint: hasStandby
          ? "zddeploy rollback puts the standby back in service"
          : "mend that, then run zddeploy again",
        exitStatus: ExitStatus.broken,
        cause: error,
      });
    }
    if (present.every((instance) => committed.includes(instance))) return;
    Object.assign(state, withInstances(state, present));
    writeState(directory, state);
  }
}
