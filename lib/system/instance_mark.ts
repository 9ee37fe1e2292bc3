import { environmentOf } from "./process.ts";

/**
 * The environment variable that marks the processes of an instance with its id. Children
 * inherit it, daemons too; but some overwrite it with their title, and anybody can give it
 * to a process of their own.
 */
export const INSTANCE_VARIABLE = "ZDD_INSTANCE";

/** The id of the instance that a process is marked as part of; undefined if it has no mark. */
export function markOf(pid: number): string | undefined {
  return environmentOf(pid, INSTANCE_VARIABLE);
}
