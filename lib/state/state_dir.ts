import { join } from "@std/path";
import { hintOfOwner, readIfExists } from "../system/files.ts";
import { makeDirectory } from "../system/held.ts";
import { openPrivate } from "../system/safe_open.ts";
import { identify } from "../system/process.ts";
import { waitUntil } from "../system/wait.ts";
import { ExitStatus, reasonOf, ZddError } from "../error.ts";

/** How long whoever has got the lock may need to sign it, in ms. */
const SIGNING = 500;

/** Where zdd keeps what it must not forget. */
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
   * Creates it and what zdd itself writes to, for the deploying user alone to write.
   * nginx's workers must get through, whatever the umask. The directory of a service's own
   * log is made when that is opened: the service's user may have made something else of it,
   * which must not keep others from being deployed or stopped.
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
   * Step 2 of a deploy: makes sure that there is one at a time. The kernel drops
   * the lock with the process, however that ends. Whoever can open the file can hold the
   * lock (flock(2)), so nobody else can.
   *
   * @param wait ms to wait for another deploy to end
   * @throws {ZddError} with exit status 3, naming who has it.
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
      // Only a courtesy to those who wait; a full disk is found out later.
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

  /** Who has the lock; whoever has just got it may not have signed yet. */
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
