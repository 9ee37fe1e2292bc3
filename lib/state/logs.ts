import type { ServiceConfig } from "../config/config.ts";
import type { Log } from "../instance/run/runner.ts";
import { runnerOf } from "../instance/run/runners.ts";
import { ownLogs } from "../instance/own_log.ts";
import type { State } from "./state.ts";

/**
 * The logs of services, each file once: those of the recorded instances, and for each service
 * the newest or those that its next instances will write to.
 *
 * @param follows whether the logs will be followed: then, links to the current logs
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
      // The newest may be that of an instance that failed.
      const last = newest === undefined ? [] : [{ file: newest }];
      return [...known.map((each) => runnerOf(each).log(each)), ...last];
    }
    const coming = Array.from(
      // Future units have no names yet.
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
