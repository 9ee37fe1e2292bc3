import type { Instance } from "../instance/instance.ts";
import type { Plan } from "../instance/plan.ts";
import { Journal } from "../state/journal.ts";
import type { State } from "../state/state.ts";
import { writeState } from "../state/state_file.ts";
import { withInstances } from "../state/transitions.ts";
import { prepareLiveSwitch, switchLive } from "./live_switch.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Project } from "./read.ts";
import { recover, tidy } from "./recover.ts";
import { type Reloaded, switchByReload } from "./reload_switch.ts";
import { render } from "./render.ts";
import { retire, tellOfFormer } from "./retire.ts";
import { attempt, openRun, record, type Run, type RunOptions } from "./run.ts";
import { type Launched, settle, startAll } from "./start.ts";
import { undo } from "./undo.ts";
import { verify } from "./verify.ts";

/** A change of who serves. */
export interface Change {
  /** Its name, for hooks and the history: `deploy`, `rollback`, … */
  command: string;
  /** Decides by what holds now what is to be done; undefined: nothing. */
  plan(state: State, run: Run): Planned | Promise<Planned>;
}

type Planned = ChangePlan | undefined;

/** What a change starts, and who serves then. */
export interface ChangePlan {
  starts: readonly Plan[];
  next(started: readonly Instance[]): State;
}

/**
 * Changes who serves, in ten steps. Up to the commit all of it is undone if something
 * fails; behind the commit all of it is finished, by the next run if need be. That is
 * what makes every moment safe to die at.
 *
 * @throws {ZddError} if something fails before the commit; it has been undone then.
 */
export async function deploy(
  project: Project, // 1. Read: deploy.conf and the template, by `readProject`
  change: Change,
  options: RunOptions,
): Promise<Outcome> {
  // 2. Lock, and recover what an earlier run left.
  using run = await openRun(change.command, project, options);
  const { directory, hooks } = run;
  const before = await recover(run);
  const plan = await change.plan(before, run);
  if (plan === undefined) return outcomeOf(run, before);
  if (plan.starts.length > 0 || project.nginx.master() === undefined) {
    await run.detach();
  }
  attempt(run, () => tidy(run, before));

  const journal = Journal.begin(directory, plan.starts);
  using watched = new DisposableStack();
  let launched: Launched;
  let reloaded: Reloaded;
  let moves: number;
  let committed: State;
  try {
    // 3. Start, and 4. check.
    if (plan.starts.length > 0) await hooks.require("before_start", before);
    launched = watched.use(await startAll(run, plan.starts, journal));
    const signal = launched.signal(run.signal); // aborted if one of them ends

    // 5. Render.
    const next = plan.next(launched.instances);
    await hooks.require("before_switch", next, signal);
    const conf = render(project, next);

    // 6. Switch: by links that exist, by a reload for all else.
    const live = await prepareLiveSwitch(run, journal, conf, before, next);
    reloaded = await switchByReload(run, journal, conf, next, live, signal);
    moves = switchLive(run, live, next, signal);

    // 7. Verify.
    await verify(run, signal);

    // 8. Commit: from here on the new ones serve, whatever happens to zddeploy.
    committed = {
      ...withInstances(next, await launched.look()),
      nginx: reloaded.nginx,
      deploy: journal.entries.id,
    };
    writeState(directory, committed);
  } catch (error) {
    await undo(run, journal, error);
    await hooks.inform("on_failure", before, error);
    record(run, before, error);
    throw error;
  }
  attempt(run, () => journal.close());
  await hooks.inform("after_switch", committed);

  // 9. Drain, and 10. stop.
  const { state, retired } = await retire(run, committed, reloaded.oldWorkers);
  tellOfFormer(run, state);
  await hooks.inform("after_deploy", state);
  try {
    const settled = await settle(run, launched, state);
    record(run, settled);
    const started = plan.starts.length;
    return outcomeOf(run, settled, { started, reloaded, moves, retired });
  } catch (error) {
    record(run, state, error);
    throw error;
  }
}
