import { messageOf } from "../error.ts";
import {
  type KillSignal,
  type Manager,
  moveIntoScope,
} from "./service_manager.ts";

/** Where zdd's own unit takes along what it has started: which manager makes scopes for that. */
let manager: Manager | undefined;

/** From now on, what must outlive zdd gets scopes of its own, by this manager. */
export function escapeBy(chosen: Manager): void {
  manager = chosen;
}

/** Whether what must outlive zdd needs a scope for that. */
export function mustEscape(): boolean {
  return manager !== undefined;
}

/**
 * Moves a process into a scope of its own, if what must outlive zdd needs one.
 *
 * @param name of the scope, without its ending
 * @throws {Error} with systemd's words, if it can't.
 */
export async function moveOut(pid: number, name: string): Promise<void> {
  if (manager === undefined) return;
  const description = "Started by zddeploy";
  await moveIntoScope(pid, { name: `${name}.scope`, manager, description });
}

/**
 * What a shell does first that must escape before it starts anything: it waits for a line
 * on its standard input. If that ends without one, zdd has died, and nothing is run.
 */
export const WAIT_FOR_ESCAPE =
  'read -r line || exit 125; [ "$line" = go ] || { echo "$line" >&2; exit 125; }; ' +
  "exec </dev/null";

/** Moves such a shell into a scope, and lets it go on; or lets it say why it can't, and end. */
export async function letEscape(
  child: Deno.ChildProcess,
  { name, killSignal }: { name: string; killSignal?: KillSignal },
): Promise<void> {
  let line = "go";
  // The characters that a unit's name may have (systemd.unit(5)).
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
  } catch { /* it is gone */ }
}
