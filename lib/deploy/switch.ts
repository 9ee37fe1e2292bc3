import { formatDuration } from "../config/duration.ts";
import { messageOf, ZddError } from "../error.ts";
import { describeAnswer } from "../service/check.ts";
import type { Instance } from "../service/instance.ts";
import { type Address, parseAddress } from "../system/address.ts";
import { readIfExists, writeAtomically } from "../system/files.ts";
import { httpGet } from "../system/http.ts";
import { isSame, type ProcessId } from "../system/process.ts";
import { waitUntil } from "../system/wait.ts";
import { templateNames } from "../template/names.ts";
import type { Journal } from "./journal.ts";
import type { Project } from "./project.ts";
import { type Report, stopwatch } from "./report.ts";
import type { NginxState, State } from "./state.ts";

/** How long `verify` may take, in ms. */
const VERIFY_TIMEOUT = 10_000;

export interface Switched {
  action: "started" | "reloaded" | "unchanged";
  nginx: NginxState;
  /** Workers that were told to shut down, and may still serve their last requests. */
  oldWorkers: ProcessId[];
}

export interface SwitchOptions {
  report: Report;
  signal?: AbortSignal;
}

/**
 * Steps 5 and 6: renders nginx.conf for these instances, tests it, and makes nginx
 * use it. Nothing is done if nginx is known to use exactly that already.
 *
 * @throws {ZddError} if nginx refuses it; the journal knows what to put back.
 */
export async function switchTraffic(
  project: Project,
  journal: Journal,
  state: State,
  instances: Instance[],
  { report, signal }: SwitchOptions,
): Promise<Switched> {
  const { nginx, config } = project;
  const { rendered } = config.nginx;
  const text = render(project, instances);
  const hash = await sha256(text);
  const before = readIfExists(rendered);
  const running = nginx.master();
  if (
    running !== undefined && state.nginx !== undefined && before === text &&
    state.nginx.hash === hash && isSame(running, state.nginx.master)
  ) {
    return { action: "unchanged", nginx: state.nginx, oldWorkers: [] };
  }

  const took = stopwatch();
  journal.text.conf = { path: rendered, text: before };
  journal.write();
  if (before !== text) writeAtomically(rendered, text);
  await nginx.test();
  report({
    step: "render",
    subject: "nginx",
    message: `rendered ${rendered}`,
    ms: took(),
    level: "detail",
  });
  signal?.throwIfAborted();

  const action = running === undefined ? "started" : "reloaded";
  journal.text.nginx = action;
  journal.write();
  const switching = stopwatch();
  let master = running;
  let oldWorkers: ProcessId[] = [];
  if (master === undefined) master = await nginx.start(signal);
  else oldWorkers = await nginx.reload(master, signal);
  report({
    step: "switch",
    subject: "nginx",
    message: `${action} ${master.pid}`,
    ms: switching(),
  });
  const since = new Date().toISOString();
  return { action, nginx: { master, hash, since }, oldWorkers };
}

/** The text of nginx.conf for these instances. */
export function render(
  { config, template, nginx }: Project,
  instances: Instance[],
): string {
  const addresses = new Map<string, Address>();
  for (const { service, address } of instances) {
    const parsed = parseAddress(address);
    if (parsed !== undefined) addresses.set(service, parsed);
  }
  const names = templateNames(config, addresses, () => nginx.version());
  return template.render(names);
}

/**
 * Step 7: GETs a URL through nginx until it answers with success.
 *
 * @throws {ZddError} with the last answer, if it doesn't.
 */
export async function verify(
  url: string | undefined,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  if (url === undefined) return;
  const took = stopwatch();
  let last = "";
  const verified = await waitUntil(async () => {
    try {
      const answer = await httpGet(new URL(url), undefined, VERIFY_TIMEOUT);
      if (answer.status >= 200 && answer.status < 400) return true;
      last = describeAnswer(answer);
    } catch (error) {
      last = messageOf(error);
    }
    return undefined;
  }, { timeout: VERIFY_TIMEOUT, interval: 50, slowest: 1000, signal });
  if (!verified) {
    throw new ZddError(
      `${url} doesn't answer with success through nginx after ` +
        `${formatDuration(VERIFY_TIMEOUT)}; last: ${last}`,
    );
  }
  const message = `verified ${url}`;
  report({ step: "verify", subject: "nginx", message, ms: took() });
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
