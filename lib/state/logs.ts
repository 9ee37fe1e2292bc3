import type { ServiceConfig } from "../config/config.ts";
import type { State } from "./state.ts";

/**
 * The logs of services, each once: those of the instances that are recorded, and those
 * that the next ones will write to.
 */
export function logsOf(
  services: readonly ServiceConfig[],
  state: State,
): string[] {
  const logs = services.flatMap(({ name, log, instances }) => {
    const recorded = state.services[name];
    const known = recorded === undefined ? [] : [
      ...recorded.current,
      ...recorded.standby,
      ...recorded.canary?.instances ?? [],
      ...recorded.retiring.map(({ instance }) => instance),
    ];
    const coming = Array.from(
      { length: instances },
      (_, i) => log.replaceAll("{instance}", String(i + 1)),
    );
    return [...known.map(({ log }) => log), ...coming];
  });
  return [...new Set(logs)];
}
