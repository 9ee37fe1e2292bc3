import { ExitStatus, messageOf, wordsOf, ZddError } from "../error.ts";
import type { Instance } from "../instance/instance.ts";
import type { Plan } from "../instance/plan.ts";
import { isAlive } from "../instance/processes.ts";
import { prepareRunners, requireRunners } from "../instance/run/runners.ts";
import { servingPids } from "../state/history.ts";
import { Journal } from "../state/journal.ts";
import { instancesOf, type State } from "../state/state.ts";
import { readState, writeState } from "../state/state_file.ts";
import {
  withInstances,
  withoutStopped,
} from "../state/instance_transitions.ts";
import { bringBack } from "../state/transitions.ts";
import type { ProcessId } from "../system/process.ts";
import { finishApart, ownStarter } from "./finish_apart.ts";
import { prepareLiveSwitch, switchLive, tellOfWorkers } from "./live_switch.ts";
import { type NginxAction, type Outcome, outcomeOf } from "./outcome.ts";
import { requireOwnUpstreams } from "./look/own_upstreams.ts";
import { pauseBetween } from "./pause_between.ts";
import type { Project } from "./read.ts";
import { recover, tidy, tidyEnded } from "./recover.ts";
import { remind } from "./reminders.ts";
import { switchByReload } from "./reload_switch.ts";
import { render, UNUSED } from "./render.ts";
import { retire } from "./retire.ts";
import { attempt, openRun, record, type Run, type RunOptions } from "./run.ts";
import { type Launched, settle } from "./launched.ts";
import { startAll, tellWhileStarting } from "./start.ts";
import { endedIn, stopsBefore } from "./stop_first.ts";
import { undo } from "./undo.ts";
import { verify } from "./verify.ts";
import type { Rendered } from "../live/render.ts";

/** A change of which instances serve. */
export interface Change {
  /** Its name, for hooks and the history: `deploy`, `rollback`, … */
  command: string;
  /** Decides what to do, given the present state; undefined: nothing. */
  plan(state: State, run: Run): Planned | Promise<Planned>;
  /** The failure that causes this change; it is thrown when the change is done. */
  reason?: ZddError;
  /** Whether a watch follows, which ends the deploy. */
  isWatched?: boolean;
}

type Planned = ChangePlan | undefined;

/** What a change starts, and the state after it. */
export interface ChangePlan {
  starts: readonly Plan[];
  next(started: readonly Instance[]): State;
}

/**
 * Changes which instances serve, in ten steps. If something fails before the commit,
 * everything is undone; after the commit, everything is finished, if necessary by the next
 * run. That is why zddeploy can be killed at any moment.
 *
 * @throws {ZddError} if something fails before the commit; the change has been undone then.
 */
export async function deploy(
  project: Project, // 1. Read: deploy.conf and the template, by `readProject`
  change: Change,
  options: RunOptions,
): Promise<Outcome> {
  // 2. Lock, and recover what an earlier run left.
  using run = await openRun(change.command, project, options);
  const { hooks } = run;
  const before = await recover(run);
  const plan = await change.plan(before, run);
  if (plan === undefined) return outcomeOf(run, before);
  if (plan.starts.length > 0 || project.nginx.master() === undefined) {
    await run.detach();
  }
  requireRunners(plan.starts.map(({ service }) => service));
  attempt(run, () => tidy(run, before));

  const journal = Journal.begin(run.directory, plan.starts);
  using watched = new DisposableStack();
  let launched: Launched;
  let live: Live;
  try {
    // 3. Start, and 4. check.
    if (plan.starts.length > 0) await hooks.require("before_start", before);
    await prepareRunners(plan.starts, tellWhileStarting(run), run.signal);
    const makeRoom = stopsBefore(run, journal, before, plan.starts);
    launched = watched.use(
      await startAll(run, plan.starts, journal, makeRoom),
    );

    // 5. Render, 6. switch, 7. verify, and 8. commit.
    const next = plan.next(launched.instances);
    live = await putLive(run, journal, before, next, launched);
  } catch (error) {
    const missing = await undo(run, journal, error);
    const { state } = readState(run.directory);
    throw await failed(run, state, missing?.behind(error) ?? error);
  }
  launched.committed();
  attempt(run, () => journal.close());
  await hooks.inform("after_switch", live.state);

  const started = plan.starts.length;
  const ended = endedIn(journal);
  const starter = ownStarter(live.state);
  if (starter !== undefined) {
    await finishApart(run, starter);
    record(run, live.state);
    return outcomeOf(run, live.state, { started, retired: ended, ...live });
  }

  // 9. Drain, and 10. stop.
  const { oldWorkers } = live;
  const { lost } = launched;
  const { state, retired } = await retire(run, live.state, oldWorkers, lost);
  const services = launched.instances.map(({ service }) => service);
  const earlier = bringBack(state, services, isAlive);
  if (earlier !== state) throw await goBack(run, state, earlier, launched);
  remind(run, before, state);
  await tidyEnded(run, before, live.state);
  if (change.reason) throw await failed(run, state, change.reason);
  if (!change.isWatched) await hooks.inform("after_deploy", state);
  try {
    const settled = await settle(run, launched, state);
    record(run, settled);
    const all = [...ended, ...retired];
    return outcomeOf(run, settled, { started, retired: all, ...live });
  } catch (error) {
    record(run, state, error);
    throw error;
  }
}

/** A state that has been put live. */
interface Live {
  state: State;
  /** Whether other instances serve than before. */
  moved: boolean;
  action: NginxAction;
  oldWorkers: readonly ProcessId[];
}

/**
 * Steps 5 to 8: makes nginx use the instances of a state, and commits that state.
 *
 * @param launched the new instances; undefined if previous ones serve again: then there are
 * no hooks and no verification, and it can't be interrupted
 */
async function putLive(
  run: Run,
  journal: Journal,
  before: State,
  next: State,
  launched?: Launched,
): Promise<Live> {
  // Aborted if one of the new instances ends.
  const signal = launched?.signal(run.signal);
  if (launched) await run.hooks.require("before_switch", next, signal);

  // 5. Render.
  const conf = render(run.project, next);
  const instances = launched?.instances ?? [];
  warnOfUnused(run, conf, instances);
  const addresses = Object.values(next.services).flatMap(instancesOf)
    .flatMap(({ address }) => address ?? []);
  requireOwnUpstreams(conf.text, instances, addresses);

  // 6. Switch: reload nginx if needed, pause if wanted, then move the links.
  const links = await prepareLiveSwitch(run, journal, conf, before, next);
  const reload = await switchByReload(run, journal, conf, next, links, signal);
  const { oldWorkers } = reload;
  const held = launched && await pauseBetween(run, journal, {
    ...{ before, next, rendered: conf, oldWorkers },
  }, signal);
  const moves = switchLive(run, links, next, signal);

  // 7. Verify.
  if (launched) await verify(run, signal);

  // 8. Commit: from now on the new instances serve, whatever happens to zddeploy.
  const present = await launched?.look() ?? [];
  const { stops = [] } = journal.entries; // they have ended
  const state = {
    ...withoutStopped(withInstances(next, present), stops),
    nginx: reload.nginx,
    deploy: journal.entries.id,
  };
  writeState(run.directory, state);
  tellOfWorkers(run, before, state);
  await held?.lift();
  const isSwitched = reload.action === "unchanged" && moves > 0;
  const [served, serve] = [before, state]
    .map((state) => JSON.stringify(servingPids(state)));
  const moved = served !== serve;
  const action = isSwitched ? "switched" : reload.action;
  return { state, moved, oldWorkers, action };
}

/** Warns of services that have been started and get no requests. */
function warnOfUnused(
  { report }: Run,
  { unused }: Pick<Rendered, "unused">,
  started: readonly Instance[],
): void {
  for (const subject of unused) {
    if (!started.some(({ service }) => service === subject)) continue;
    report({ step: "render", subject, message: UNUSED, level: "warning" });
  }
}

/**
 * The exception to step 8: if all new instances of a service ended before its old ones were
 * stopped, puts the previous release back in service. Returns the failure.
 *
 * @throws {ZddError} with exit status 4, if that fails.
 */
async function goBack(
  run: Run,
  state: State,
  earlier: State,
  launched: Launched,
): Promise<ZddError> {
  const reason = await launched.look().catch((error) => error);
  const message = `${messageOf(reason)}, after it had gone live`;
  const journal = Journal.begin(run.directory, []);
  let live: Live;
  try {
    live = await putLive(run, journal, state, earlier);
  } catch (error) {
    await undo(run, journal, error);
    throw await failed(
      run,
      state,
      new ZddError(`${message}\nand going back failed: ${messageOf(error)}`, {
        ...wordsOf(reason),
        exitStatus: ExitStatus.broken,
        cause: error,
      }),
    );
  }
  attempt(run, () => journal.close());
  const left = await retire(run, live.state, live.oldWorkers);
  const error = new ZddError(`${message}: the previous release serves again`, {
    ...wordsOf(reason),
    cause: reason,
  });
  return await failed(run, left.state, error);
}

/** Runs the hook `on_failure` and records a failure in the history. Returns it. */
async function failed<E>(run: Run, state: State, error: E): Promise<E> {
  await run.hooks.inform("on_failure", state, error);
  record(run, state, error);
  return error;
}
