import { addressOf } from "../instance/instance_address.ts";
import { isAlive } from "../instance/processes.ts";
import type { LiveLinks } from "../live/links.ts";
import { requireAccess } from "../nginx/access.ts";
import { isStillLoaded, rememberLoaded } from "../nginx/loaded.ts";
import { isShared, lockNginx } from "../nginx/lock.ts";
import { type Worker, workersOf } from "../nginx/master.ts";
import { reload } from "../nginx/reload.ts";
import type { ConfBefore, Journal } from "../state/journal.ts";
import type { NginxState, State } from "../state/state.ts";
import {
  modeOf,
  modifiedAt,
  readIfExists,
  removeIfExists,
  writeAtomically,
} from "../system/files.ts";
import { isSame, type ProcessId } from "../system/process.ts";
import { sha256 } from "../text/digest.ts";
import type { LiveSwitch } from "./live_switch.ts";
import type { Rendered } from "../live/render.ts";
import { stopwatch } from "./report.ts";
import type { Project } from "./read.ts";
import type { Run } from "./run.ts";

/** What the reload switch did. */
export interface Reloaded {
  /** What nginx was made to do. */
  action: "started" | "reloaded" | "unchanged";
  nginx: NginxState;
  /** Workers that are shutting down, and may still finish requests. */
  oldWorkers: ProcessId[];
}

/**
 * The reload switch: makes nginx use the rendered configuration, unless it is known to do so.
 * Other projects that share nginx wait meanwhile: their tests and reloads must not see an
 * untested file.
 *
 * @throws {ZddError} if nginx refuses the configuration, or its workers can't reach an
 * instance; the journal has what must be restored.
 */
export async function switchByReload(
  run: Run,
  journal: Journal,
  rendered: Rendered,
  next: State,
  { links, keys, moves, steer }: LiveSwitch,
  signal?: AbortSignal,
): Promise<Reloaded> {
  const { nginx } = run.project;
  const { text } = rendered;
  const used = moves.length > 0 || steer ? links : undefined;
  requireAccessToAll(workersOf(nginx.master()), next, used);
  const hash = await sha256(text);
  const known = runsWith(run, text, hash, next.nginx);
  if (known !== undefined) {
    return { action: "unchanged", nginx: known, oldWorkers: [] };
  }
  const reloaded = await useConf(run, journal, rendered, signal);
  const { action, master, oldWorkers } = reloaded;
  requireAccessToAll(workersOf(master), next, used);
  const since = new Date().toISOString();
  const loaded = rememberLoaded(master, run.project.config.nginx.rendered);
  const state = { master, hash, since, links: keys, loaded };
  return { action, nginx: state, oldWorkers };
}

/** The recorded nginx if it already runs with a text; undefined if it doesn't. */
function runsWith(
  { project }: Run,
  text: string,
  hash: string,
  known?: NginxState,
): NginxState | undefined {
  const { nginx, config } = project;
  const master = nginx.master();
  if (known === undefined || master === undefined) return undefined;
  const isLoaded = known.hash === hash && isSame(master, known.master) &&
    readIfExists(config.nginx.rendered) === text &&
    runsAsDeployed(project, known);
  return isLoaded ? known : undefined;
}

/** Whether nginx runs with the configuration that was deployed last, as far as is known. */
export function runsAsDeployed(
  { nginx, config }: Project,
  known?: NginxState,
): boolean {
  const master = nginx.master();
  if (known?.loaded === undefined || master === undefined) return true;
  return !isSame(master, known.master) ||
    isStillLoaded(known.loaded, master, config.nginx.rendered);
}

/** Writes the rendered file, tests it, and makes nginx use it. */
async function useConf(
  { project: { nginx, config }, report }: Run,
  journal: Journal,
  { text, lines }: Rendered,
  signal?: AbortSignal,
) {
  const { rendered: path } = config.nginx;
  const isWithOthers = isShared(config.nginx);
  if (isWithOthers) {
    const message = "waiting for its turn";
    report({ step: "render", subject: "nginx", message, level: "begin" });
  }
  using _lock = await lockNginx(config.nginx, signal);
  const took = stopwatch();
  const present = readIfExists(path);
  const running = nginx.master();
  const workers = workersOf(running).map(({ process }) => process);
  const modified = modifiedAt(path);
  const confBefore = { path, text: present, modified, workers };
  journal.recordConf(confBefore);
  try {
    if (present !== text) {
      // The rendered file must not be readable by more users than the template.
      const mode = (modeOf(config.nginx.template) ?? 0o644) & 0o644;
      writeAtomically(path, text, { mode });
    }
    await nginx.test(lines);
    const tested = `rendered and tested ${path}`;
    report({
      ...{ step: "render", subject: "nginx", message: tested },
      ...{ ms: took(), level: "detail" },
    });
    signal?.throwIfAborted();

    const action = running === undefined ? "started" : "reloaded";
    journal.recordNginx(action);
    const doing = running === undefined ? "starting" : "reloading";
    report({
      step: "switch",
      subject: "nginx",
      message: doing,
      level: "begin",
    });
    const switching = stopwatch();
    const oldWorkers = running === undefined
      ? []
      : await reload(nginx.config, running, signal);
    const master = running ?? await nginx.start(signal);
    const message = `${action} ${master.pid}`;
    report({ step: "switch", subject: "nginx", message, ms: switching() });
    return { action, master, oldWorkers } as const;
  } catch (error) {
    try { // before others may use nginx
      if (isWithOthers) putBack(confBefore);
    } catch { /* undoing tries again and reports it */ }
    throw error;
  }
}

/** Restores a file and its modification time; removes it if `text` is undefined. */
export function putBack(
  { path, text, modified }: Pick<ConfBefore, "path" | "text" | "modified">,
): void {
  if (text === undefined) removeIfExists(path);
  else if (readIfExists(path) !== text) {
    writeAtomically(path, text, { modified });
  }
}

/**
 * Makes sure that workers can use the links and every socket.
 *
 * @throws {ZddError} with the first path that they can't use.
 */
function requireAccessToAll(
  workers: Worker[],
  { services }: State,
  links?: LiveLinks,
): void {
  if (links !== undefined) requireAccess(workers, links.directory);
  const serving = Object.values(services).flatMap(({ current, canary }) => [
    ...current,
    ...canary?.instances ?? [],
  ]);
  // An instance that has ended can't be reached, but this change isn't the cause.
  for (const instance of serving.filter(isAlive)) {
    const parsed = addressOf(instance);
    if (parsed !== undefined && "path" in parsed) {
      requireAccess(workers, parsed.path);
    }
  }
}
