import { nearest } from "../text/suggestion.ts";
import { type ServiceConfig, stopsFirst } from "./config.ts";
import type { ConfSection } from "./section.ts";

/** What determines the order in which services are started. */
type Ordered = Pick<ServiceConfig, "name" | "after">;

/** Services that each wait for the next, and the last for the first. */
export type Cycle = string[];

/**
 * Records names in `after` that aren't services, and services that would wait for each other,
 * each cycle once, at the line of its first service.
 */
export function checkOrder(
  services: readonly {
    service: ServiceConfig;
    section: ConfSection<"service">;
  }[],
): void {
  const all = services.map(({ service }) => service);
  const names = all.map(({ name }) => name);
  for (const { service, section } of services) {
    for (const name of service.after) {
      if (names.includes(name)) continue;
      const others = names.filter((other) => other !== service.name);
      const near = nearest(name, others);
      const expected = near === undefined
        ? `names of other services (${others.join(", ")})`
        : `a service such as ${near}`;
      section.reject("after", expected, name);
    }
  }
  for (const cycle of cyclesOf(all)) {
    const [first = ""] = cycle;
    const { section } = services.find(({ service }) =>
      service.name === first
    ) ?? {};
    const expected = "services that don't wait for each other";
    section?.reject("after", expected, [...cycle, first].join(" -> "));
  }
}

/** The cycles of services that wait for each other, each once. */
export function cyclesOf(services: readonly Ordered[]): Cycle[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const done = new Set<string>();
  const cycles: Cycle[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) cycles.push(path.slice(start));
    if (start >= 0 || done.has(name)) return;
    for (const next of byName.get(name)?.after ?? []) {
      visit(next, [...path, name]);
    }
    done.add(name);
  };
  for (const { name } of services) visit(name, []);
  return cycles;
}

/**
 * The order in which services are started: each with those that it waits for, which come
 * before it. Services that aren't started now run already. One with `stop-first` waits for all
 * others that can be started before it, so that it is down as briefly as possible.
 */
export function startOrder(
  services: readonly (Ordered & Pick<ServiceConfig, "replace">)[],
): Map<string, string[]> {
  const byName = new Map(services.map((service) => [service.name, service]));
  const order = new Map<string, string[]>();
  const add = (name: string, also: readonly string[] = []): void => {
    if (order.has(name)) return;
    const named = byName.get(name)?.after ?? [];
    const waitsFor = [
      ...new Set([...named.filter((other) => byName.has(other)), ...also]),
    ];
    for (const other of waitsFor) add(other);
    order.set(name, waitsFor);
  };
  const waitsForStop = (name: string): boolean => {
    const service = byName.get(name);
    return service !== undefined &&
      (stopsFirst(service) || service.after.some(waitsForStop));
  };
  const early = [...byName.keys()].filter((name) => !waitsForStop(name));
  for (const name of early) add(name);
  const late = [...byName.values()].filter(({ name }) => !early.includes(name));
  const stopping = late.filter(stopsFirst).map(({ name }) => name);
  // The services that it waits for may have `stop-first`, too.
  const addStopping = (name: string): void => {
    const named = byName.get(name)?.after ?? [];
    for (const other of named) {
      if (waitsForStop(other)) addStopping(other);
    }
    add(name, stopping.includes(name) ? early : []);
  };
  for (const { name } of late) addStopping(name);
  return order;
}
