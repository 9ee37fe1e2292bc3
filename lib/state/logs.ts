import type { ServiceConfig } from "../config/config.ts";
import type { Log } from "../instance/run/runner.ts";
import { runnerOf } from "../instance/run/runners.ts";
import { ownLogs } from "../instance/own_log.ts";
import type { State } from "./state.ts";

/**
 * The logs of services, each file once: those of the instances that are recorded, and
 * the newest of each service or the files that the next ones will write to.
 *
 * @param follows what is read on and on: the links that lead to whichever log is current
 */
export function logsOf(
  services: readonly ServiceConfig[],
  state: State,
  follows = false,
): Log[] {
  const logs = services.flatMap((service): Log[] => {
    const { name, log, instances, journal, ownLogs: own } = service;
    const recorded = state.services[name];
    const known = recorded === undefined ? [] : [
      ...recorded.current,
      ...recorded.standby,
      ...recorded.canary?.instances ?? [],
      ...recorded.retiring.map(({ instance }) => instance),
    ];
    const [newest] = ownLogs(service);
    if (own && !follows && (known.length > 0 || newest !== undefined)) {
      // The newest may be of one that has failed.
      const last = newest === undefined ? [] : [{ file: newest }];
      return [...known.map((each) => runnerOf(each).log(each)), ...last];
    }
    const coming = Array.from(
      // A unit that isn't yet has no name.
      { length: journal ? 0 : instances },
      (_, i) => ({ file: log.replaceAll("{instance}", String(i + 1)) }),
    );
    const others = own ? [] : known;
    return [...others.map((each) => runnerOf(each).log(each)), ...coming];
  });
  const files = logs.map((log) => "file" in log ? log.file : undefined);
  return logs.filter((log, i) =>
    !("file" in log) || files.indexOf(log.file) === i
  );
}
