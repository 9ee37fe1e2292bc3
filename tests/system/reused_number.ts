// Run in a pid namespace of its own: prints `seen` if a process that gets the number of an
// older one is seen.
import { printResult } from "../../lib/cli/output.ts";
import { identify } from "../../lib/system/process.ts";
import { otherProcesses } from "../../lib/system/process_table.ts";
import { until } from "../support/until.ts";
import { Child } from "./child.ts";

const older = Child.idle();
const { pid, startTime } = older.process;
const since = startTime + 1;
otherProcesses({ since });
await older.end();
await until("it is time", async () => {
  Deno.writeTextFileSync("/proc/sys/kernel/ns_last_pid", String(pid - 1));
  const child = Child.idle();
  if (child.pid === pid && (identify(pid)?.startTime ?? 0) >= since) {
    const seen = otherProcesses({ since }).some((one) => one.pid === pid);
    printResult(seen ? "seen" : "missed");
    await child.end();
    return true;
  }
  await child.end();
  return false;
});
