import type { Rendered } from "../live/render.ts";
import type { Journal } from "../state/journal.ts";
import { type State, stateOf } from "../state/state.ts";
import type { ProcessId } from "../system/process.ts";
import { Hold } from "./hold.ts";
import type { Run } from "./run.ts";

/**
 * The pause of `deploy --pause`: holds the requests to the services that are about to be
 * switched, and runs the command when their old release is idle. The new one has been started
 * but has received no requests. If no service has an old release, nothing is held.
 *
 * @param oldWorkers nginx's workers with an earlier nginx.conf
 * @returns the hold, which must be lifted; undefined if nothing is held
 * @throws {ZddError} if the command fails or takes too long; the old release keeps serving.
 */
export async function pauseBetween(
  run: Run,
  journal: Journal,
  { before, next, rendered, oldWorkers }: {
    before: State;
    next: State;
    rendered: Rendered;
    oldWorkers: readonly ProcessId[];
  },
  signal?: AbortSignal,
): Promise<Hold | undefined> {
  const { pause } = run;
  if (pause === undefined) return undefined;
  const services = rendered.live.filter((name) =>
    stateOf(before, name).current.length > 0 &&
    stateOf(before, name).current !== stateOf(next, name).current
  );
  if (services.length === 0) {
    await run.hooks.command("pause", pause.command, before, signal);
    return undefined;
  }
  const what = { ...pause, services };
  const hold = await Hold.begin(run, what, journal, next, rendered);
  try {
    await hold.use(before, oldWorkers, signal);
    return hold;
  } catch (error) {
    await hold.lift(); // nothing has been moved yet
    throw error;
  }
}
