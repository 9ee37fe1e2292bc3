import { assertEquals } from "@std/assert";
import type { Site } from "./site.ts";

/** What a failed deploy must leave unchanged. */
export interface Untouched {
  instance: number;
  conf: string;
  pidFile: string;
  master: number | undefined;
  workers: number[];
  processes: number[];
}

/** Reads what serves now. */
export async function look(site: Site): Promise<Untouched> {
  return {
    instance: await site.pidAt(),
    conf: site.read("nginx.conf"),
    pidFile: site.read("web.pid"),
    master: site.nginxMaster(),
    workers: site.activeWorkers(),
    processes: site.processes(),
  };
}

/** Asserts the same instance, nginx.conf and workers: no reload, and no process left over. */
export async function assertUntouched(
  site: Site,
  before: Untouched,
): Promise<void> {
  await site.untilProcesses(before.processes);
  assertEquals(await look(site), before);
}
