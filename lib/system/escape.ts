import { messageOf } from "../error.ts";
import {
  type KillSignal,
  type Manager,
  moveIntoScope,
} from "./service_manager.ts";

/** The manager to make scopes with, if zdd's own unit would end what zdd starts. */
let manager: Manager | undefined;

/** From now on, has this manager make a scope for each process that must outlive zdd. */
export function escapeBy(chosen: Manager): void {
  manager = chosen;
}

/** Whether a process needs its own scope to outlive zdd. */
export function mustEscape(): boolean {
  return manager !== undefined;
}

/**
 * Moves a process into its own scope, if it needs one to outlive zdd.
 *
 * @param name of the scope, without `.scope`
 * @throws {Error} with systemd's message, if that fails.
 */
export async function moveOut(pid: number, name: string): Promise<void> {
  if (manager === undefined) return;
  const description = "Started by zddeploy";
  await moveIntoScope(pid, { name: `${name}.scope`, manager, description });
}

/**
 * The first commands of a shell that must be moved into a scope before it starts anything:
 * it waits for a line on its standard input. If there is none, zdd has died, and the shell
 * runs nothing.
 */
export const WAIT_FOR_ESCAPE =
  'read -r line || exit 125; [ "$line" = go ] || { echo "$line" >&2; exit 125; }; ' +
  "exec </dev/null";

/**
 * Moves such a shell into a scope and lets it continue. If that fails, it prints why and
 * ends.
 */
export async function letEscape(
  child: Deno.ChildProcess,
  { name, killSignal }: { name: string; killSignal?: KillSignal },
): Promise<void> {
  let line = "go";
  // Only characters that a unit's name may have (systemd.unit(5)).
  const unit = `${name.replace(/[^A-Za-z0-9:_.-]/g, "_")}.scope`;
  try {
    await moveIntoScope(child.pid, {
      name: unit,
      manager: manager ?? "system",
      description: "Started by zddeploy",
      killSignal,
    });
  } catch (error) {
    line = `zddeploy: cannot make ${unit}: ${messageOf(error)}`
      .replaceAll("\n", " ");
  }
  try {
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode(`${line}\n`));
    await stdin.close();
  } catch { /* the shell is gone */ }
}
