import { memoryOf } from "../../lib/system/process.ts";

/** The time of a command and of the children that it waited for, in ms. */
export interface Cost {
  wall: number;
  cpu: number;
}

/**
 * Runs a command several times in sequence, and returns the average. bash counts the
 * processor time, to a ms for all runs together.
 *
 * @throws {Error} with what it printed, if it fails.
 */
export async function costOf(
  command: string[],
  { cwd, times = 1 }: { cwd?: string; times?: number } = {},
): Promise<Cost> {
  const script = `TIMEFORMAT='%R %U %S'
time for ((i = 0; i < ${times}; i++)); do "$@" >/dev/null 2>&1 || exit; done`;
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, "", ...command],
    cwd,
    stdin: "null",
    stdout: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const [wall = NaN, user = NaN, system = NaN] = text.trim().split(" ")
    .map((seconds) => Number(seconds) * 1000 / times);
  if (success && !Number.isNaN(system)) return { wall, cpu: user + system };
  throw new Error(`Cannot time "${command.join(" ")}": ${text}`);
}

/**
 * The peak memory of a running process until it ends, in bytes. The kernel keeps that
 * figure (VmHWM) only while the process runs, so it is read often.
 */
export async function peakMemory(child: Deno.ChildProcess): Promise<number> {
  let peak = 0;
  let ended = false;
  const ending = child.status.then(() => ended = true);
  while (!ended) {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      const kibibytes = /^VmHWM:\s+(\d+)/m.exec(status)?.[1];
      peak = Math.max(peak, Number(kibibytes ?? 0) * 1024);
    } catch { /* it is ending */ }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await ending;
  return peak;
}

/** The resident memory of processes together, in bytes. */
export function residentMemory(pids: number[]): number {
  return pids.reduce((sum, pid) => sum + (memoryOf(pid) ?? 0), 0);
}
