import { processesOf as markedProcesses } from "../system/instance_mark.ts";
import { isRunning, isSame, type ProcessId } from "../system/process.ts";
import type { Instance } from "./instance.ts";
import { runnerOf } from "./run/runners.ts";

/** Whether an instance still runs. */
export function isAlive({ process }: Instance): boolean {
  return isRunning(process);
}

/** The processes of an instance that run now. */
export function processesOf(instance: Instance): ProcessId[] {
  const found = [
    ...isRunning(instance.process) ? [instance.process] : [],
    ...runnerOf(instance).processes(instance),
    ...markedProcesses(instance.id, undefined, { fresh: true }),
  ];
  return found.filter((process, i) =>
    found.findIndex((other) => isSame(other, process)) === i
  );
}
