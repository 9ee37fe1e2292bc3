import { workersOf } from "../nginx/master.ts";
import { isShared, lockNginx } from "../nginx/lock.ts";
import { sha256 } from "../text/digest.ts";
import {
  readIfExists,
  removeIfExists,
  writeAtomically,
} from "../system/files.ts";
import { isSame, type ProcessId } from "../system/process.ts";
import type { Journal } from "../state/journal.ts";
import type { Project } from "./read.ts";
import { type Report, stopwatch } from "./report.ts";
import type { NginxState } from "../state/state.ts";

/** Whose nginx.conf it is, and what is known of nginx from the last time. */
interface Site {
  project: Project;
  journal: Journal;
  before?: NginxState;
}

/** What nginx is to run with. */
interface Configuration {
  text: string;
  /** The live links that the text asks for. */
  links: string[];
}

export interface Configured {
  /** What nginx was made to do. */
  action: "started" | "reloaded" | "unchanged";
  nginx: NginxState;
  /** Workers that were told to shut down, and may still serve their last requests. */
  oldWorkers: ProcessId[];
}

/**
 * Makes nginx run with what the template says, unless it is known to. Where others
 * share nginx, they wait: their tests and reloads must see no file that isn't proven.
 *
 * @throws {ZddError} if nginx refuses it; the journal knows what to put back.
 */
export async function configure(
  { project: { nginx, config }, journal, before }: Site,
  { text, links }: Configuration,
  report: Report,
  signal?: AbortSignal,
): Promise<Configured> {
  const { rendered } = config.nginx;
  const hash = await sha256(text);
  const present = readIfExists(rendered);
  const known = nginx.master();
  if (
    known !== undefined && before !== undefined && present === text &&
    before.hash === hash && isSame(known, before.master)
  ) {
    return { action: "unchanged", nginx: before, oldWorkers: [] };
  }

  const shared = isShared(config.nginx);
  if (shared) {
    const message = "waiting for its turn";
    report({ step: "render", subject: "nginx", message, level: "begin" });
  }
  using _turn = await lockNginx(config.nginx, signal);
  const rendering = stopwatch();
  const running = nginx.master();
  const workers = workersOf(running).map(({ process }) => process);
  journal.text.conf = { path: rendered, text: present, workers };
  journal.write();
  try {
    if (present !== text) writeAtomically(rendered, text);
    await nginx.test();
    report({
      step: "render",
      subject: "nginx",
      message: `rendered and tested ${rendered}`,
      ms: rendering(),
      level: "detail",
    });
    signal?.throwIfAborted();

    const action = running === undefined ? "started" : "reloaded";
    journal.text.nginx = action;
    journal.write();
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
      : await nginx.reload(running, signal);
    const master = running ?? await nginx.start(signal);
    const message = `${action} ${master.pid}`;
    report({ step: "switch", subject: "nginx", message, ms: switching() });
    const since = new Date().toISOString();
    return { action, nginx: { master, hash, since, links }, oldWorkers };
  } catch (error) {
    try { // before anybody else's turn
      if (shared) putBack({ path: rendered, text: present });
    } catch { /* the undoing tries again, and tells */ }
    throw error;
  }
}

/** Makes a file what it was; undefined: there was none. */
export function putBack({ path, text }: { path: string; text?: string }): void {
  if (text === undefined) removeIfExists(path);
  else if (readIfExists(path) !== text) writeAtomically(path, text);
}
