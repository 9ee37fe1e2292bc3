import type { ServiceConfig } from "../config/config.ts";
import type { Log } from "../instance/run/runner.ts";
import { runnerOf } from "../instance/run/runners.ts";
import type { State } from "./state.ts";

/**
 * The logs of services, each file once: those of the instances that are recorded, and
 * the files that the next ones will write to.
 */
export function logsOf(
  services: readonly ServiceConfig[],
  state: State,
): Log[] {
  const logs = services.flatMap((service): Log[] => {
    const { name, log, instances, journal } = service;
    const recorded = state.services[name];
    const known = recorded === undefined ? [] : [
      ...recorded.current,
      ...recorded.standby,
      ...recorded.canary?.instances ?? [],
      ...recorded.retiring.map(({ instance }) => instance),
    ];
    const coming = Array.from(
      // A unit that isn't yet has no name.
      { length: journal ? 0 : instances },
      (_, i) => ({ file: log.replaceAll("{instance}", String(i + 1)) }),
    );
    return [...known.map((each) => runnerOf(each).log(each)), ...coming];
  });
  const files = logs.map((log) => "file" in log ? log.file : undefined);
  return logs.filter((log, i) =>
    !("file" in log) || files.indexOf(log.file) === i
  );
}
