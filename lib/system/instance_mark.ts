import { environmentOf } from "./process.ts";

/**
 * The environment variable that marks the processes of an instance with its id. Children
 * and daemons inherit it. But some overwrite it with their title, and any user can set it
 * for their own processes.
 */
export const INSTANCE_VARIABLE = "ZDD_INSTANCE";

/** The id of the instance that a process is marked with; undefined if it has no mark. */
export function markOf(pid: number): string | undefined {
  return environmentOf(pid, INSTANCE_VARIABLE);
}
