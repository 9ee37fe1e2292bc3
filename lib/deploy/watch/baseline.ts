import { ExitStatus, ZddError } from "../../error.ts";
import { servingIds, stateOf } from "../../state/state.ts";
import type { StateDir } from "../../state/state_dir.ts";
import { readState } from "../../state/state_file.ts";
import { sleep } from "../../system/wait.ts";
import { formatDuration } from "../../text/duration.ts";
import type { Limits } from "../../watch/judge.ts";
import { timed } from "../../watch/tally.ts";
import { type Report, stopwatch } from "../report.ts";
import type { Counter, Tallies } from "./counter.ts";

/** How often to read the log, in ms. */
const LOOK = 250;

/** How many requests of each service are enough, and how many times if those are compared. */
const ENOUGH = 1000;
const ENOUGH_TIMES = 500;

/** How long to wait for them, in ms, and how long if there are no requests at all. */
const LONGEST = 60_000;
const LONGEST_WITHOUT = 5000;

/**
 * Counts the answers of the serving release before it is replaced by one that gets all
 * requests at once, to have something to compare that with.
 *
 * @param time the longest that this may take, in ms
 * @throws {ZddError} with exit status 3, if another zddeploy changes what serves meanwhile.
 */
export async function measureBaseline(
  { directory, counter, compared, limits, report, signal }: {
    directory: StateDir;
    counter: Counter;
    compared: readonly string[];
    limits: Limits;
    report: Report;
    signal?: AbortSignal;
  },
  time: number,
): Promise<ReadonlyMap<string, Tallies>> {
  const took = stopwatch();
  const { state } = readState(directory);
  const pairs = compared.map((service) => ({
    service,
    now: [],
    before: stateOf(state, service).current,
  }));
  const event = { step: "watch", subject: "zdd" } as const;
  let tallies = new Map<string, Tallies>();
  const all = () => [...tallies.values()].map(({ before }) => before);
  const requests = () => all().map(({ requests }) => requests);
  const isEnough = () =>
    tallies.size > 0 && all().every((before) =>
      before.requests >= ENOUGH &&
      (limits.slower === undefined || timed(before) >= ENOUGH_TIMES)
    );
  const longest = () =>
    Math.min(
      time,
      requests().some((count) => count > 0) ? LONGEST : LONGEST_WITHOUT,
    );
  const most = formatDuration(Math.min(time, LONGEST));
  const counting = "counting the answers of the serving release, for at most ";
  report({ ...event, message: `${counting}${most}` });
  while (took() < longest() && !isEnough()) {
    await sleep(LOOK, signal);
    tallies = counter.count(pairs, tallies);
  }
  const serving = servingIds(readState(directory).state);
  if (serving.join() !== servingIds(state).join()) {
    throw new ZddError(
      "Another zddeploy has changed what serves while its answers were counted",
      { hint: "run zddeploy again", exitStatus: ExitStatus.locked },
    );
  }
  const sum = requests().reduce((sum, count) => sum + count, 0);
  const message = `${sum} requests answered by the previous release`;
  report({ ...event, message, ms: took() });
  return tallies;
}
