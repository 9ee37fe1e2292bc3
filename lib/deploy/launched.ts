import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import type { Instance } from "../instance/instance.ts";
import type { Launch } from "../instance/launch.ts";
import type { State } from "../state/state.ts";
import { writeState } from "../state/state_file.ts";
import { withInstances } from "../state/instance_transitions.ts";
import { isSame } from "../system/process.ts";
import type { Run } from "./run.ts";

/** New instances, from their check to the end of the deploy. */
export class Launched implements Disposable {
  #started: readonly { launch: Launch; instance: Instance }[];

  constructor(started: readonly { launch: Launch; instance: Instance }[]) {
    this.#started = started;
  }

  /** The instances as of the last `look`. */
  get instances(): Instance[] {
    return this.#started.map(({ instance }) => instance);
  }

  /** Aborted when one of them ends, with its last output, or when `other` is. */
  signal(other?: AbortSignal): AbortSignal {
    return AbortSignal.any([
      ...this.#started.map(({ launch }) => launch.ended),
      ...other ? [other] : [],
    ]);
  }

  /**
   * Aborted when all new instances of a service have ended, with the last output of one;
   * undefined if it has none.
   */
  lost = (service: string): AbortSignal | undefined => {
    const ends = this.#started
      .filter(({ instance }) => instance.service === service)
      .map(({ launch }) => launch.ended);
    if (ends.length === 0) return undefined;
    const all = new AbortController();
    const look = () => {
      const last = ends.find(({ aborted }) => aborted);
      if (ends.every(({ aborted }) => aborted)) all.abort(last?.reason);
    };
    for (const end of ends) end.addEventListener("abort", look);
    look();
    return all.signal;
  };

  /**
   * The instances as they are now: one that has become a daemon has another process.
   *
   * @throws {ZddError} with the last lines of its log, if one of them has ended.
   */
  async look(): Promise<Instance[]> {
    const started = [];
    for (const { launch, instance } of this.#started) {
      const { process, roots, users } = await launch.look();
      const isMoved = !isSame(process, instance.process);
      started.push({
        launch,
        instance: isMoved ? { ...instance, process, roots, users } : instance,
      });
    }
    this.#started = started;
    return this.instances;
  }

  /** Tells the launches that the instances are committed. */
  committed(): void {
    for (const { launch } of this.#started) launch.committed();
  }

  [Symbol.dispose](): void {
    for (const { launch } of this.#started) launch[Symbol.dispose]();
  }
}

/**
 * Looks at the new instances once more when the old ones are gone. Returns the state with
 * their present processes.
 *
 * @throws {ZddError} with exit status 4, if one has ended: it is too late to undo the deploy.
 */
export async function settle(
  { directory }: Run,
  launched: Launched,
  state: State,
): Promise<State> {
  const committed = launched.instances;
  let present: Instance[];
  try {
    present = await launched.look();
  } catch (error) {
    const hasStandby = Object.values(state.services)
      .some(({ standby }) => standby.length > 0);
    throw new ZddError(`${messageOf(error)}, after it had gone live`, {
      ...wordsOf(error),
      hint: hasStandby
        ? "zddeploy rollback puts the standby back in service"
        : "fix that, then run zddeploy again",
      exitStatus: ExitStatus.broken,
      cause: error,
    });
  }
  if (present.every((instance, i) => instance === committed[i])) return state;
  const settled = withInstances(state, present);
  writeState(directory, settled);
  return settled;
}
