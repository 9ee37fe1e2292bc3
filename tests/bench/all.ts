import type { Bench } from "./bench.ts";
import type { Executables } from "./executables.ts";
import { failedRequests } from "./failed_requests.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { overhead } from "./overhead.ts";
import { scale } from "./scale.ts";
import { startup } from "./startup.ts";
import { throughput } from "./throughput.ts";

/** All parts, in the order in which they run. */
export function allBenches(executables: Executables): Bench[] {
  return [
    failedRequests,
    overhead,
    startup(executables),
    memory,
    throughput,
    scale,
    latency,
  ];
}
