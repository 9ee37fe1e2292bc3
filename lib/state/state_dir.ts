import { join } from "@std/path";
import { hintOfOwner, readIfExists } from "../system/files.ts";
import { makeDirectory } from "../system/held.ts";
import { openPrivate } from "../system/safe_open.ts";
import { identify } from "../system/process.ts";
import { waitUntil } from "../system/wait.ts";
import { ExitStatus, reasonOf, ZddError } from "../error.ts";

/** How long a process may take to write its pid to a lock that it has got, in ms. */
const SIGNING = 500;

/** The directory in which zdd keeps its lock, state, history and journal. */
export class StateDir {
  constructor(readonly path: string) {}

  get lock(): string {
    return join(this.path, "lock");
  }
  get state(): string {
    return join(this.path, "state.json");
  }
  get history(): string {
    return join(this.path, "history.jsonl");
  }
  get journal(): string {
    return join(this.path, "journal.json");
  }

  /**
   * Creates it and the directories in it that zdd itself writes to. Only the deploying user may
   * write there, but nginx's workers can enter, whatever the umask. The directory of a service's
   * own logs is created when a log is opened: the service's user may have replaced it, which must
   * not keep other services from being deployed or stopped.
   *
   * @throws {ZddError} if that isn't possible.
   */
  create(): void {
    for (const directory of [join(this.path, "log"), join(this.path, "run")]) {
      try {
        makeDirectory(directory)[Symbol.dispose]();
      } catch (error) {
        throw new ZddError(
          `Cannot create "${directory}": ${reasonOf(error)}`,
          { hint: "set state_dir in [deploy] to a place you may write to" },
        );
      }
    }
  }

  /**
   * Step 2 of a deploy: takes the lock, so that only one deploy runs at a time. The kernel
   * releases it when the process ends, for whatever reason. Any process that can open the file
   * can take the lock (flock(2)), so other users can't open it.
   *
   * @param wait how long to wait for another deploy to end, in ms
   * @throws {ZddError} with exit status 3 and the process that holds it.
   */
  async acquire(wait = 0, signal?: AbortSignal): Promise<Disposable> {
    const file = this.#open();
    try {
      const take = () => file.tryLockSync(true) ? true : undefined;
      if (!await waitUntil(take, { timeout: wait, interval: 20, signal })) {
        throw new ZddError(`Another deploy is running${await this.#holder()}`, {
          hint: "try again when it is done, or wait for it with --lock-wait",
          exitStatus: ExitStatus.locked,
        });
      }
    } catch (error) {
      file.close();
      throw error;
    }
    const holder = `${Deno.pid} ${new Date().toISOString()}\n`;
    try {
      const bytes = new TextEncoder().encode(holder);
      file.truncateSync(file.writeSync(bytes));
    } catch {
      // Only for the message to others. If the disk is full, a later write fails.
    }
    return { [Symbol.dispose]: () => file.close() };
  }

  #open(): Deno.FsFile {
    try {
      return openPrivate(this.lock);
    } catch (error) {
      throw new ZddError(`Cannot open "${this.lock}": ${reasonOf(error)}`, {
        hint: hintOfOwner(this.lock, error),
        cause: error,
      });
    }
  }

  /** Which process holds the lock, for a message. One that has just got it may not have signed it yet. */
  async #holder(): Promise<string> {
    const signed = await waitUntil(() => {
      const [pid, since] = this.#signature();
      return pid && since && identify(Number(pid)) ? { pid, since } : undefined;
    }, { timeout: SIGNING });
    return signed ? `: process ${signed.pid}, since ${signed.since}` : "";
  }

  #signature(): string[] {
    try {
      return readIfExists(this.lock)?.trim().split(" ") ?? [];
    } catch {
      return [];
    }
  }
}
