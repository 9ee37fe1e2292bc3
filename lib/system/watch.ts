/** Wakes up when something changes in a directory; without one, only when told to. */
export class DirectoryWatch implements Disposable {
  #watcher?: Deno.FsWatcher;
  #wake = () => {};

  constructor(directory?: string) {
    if (directory === undefined) return;
    try {
      this.#watcher = Deno.watchFs(directory, { recursive: false });
      this.#forward(this.#watcher);
    } catch {
      // No inotify instance left, or a file system without: the timer has to do.
    }
  }

  /** Ends the current `changed()` at once. */
  wake(): void {
    this.#wake();
  }

  /** Returns at the next change, or after `ms`. Throws the signal's reason when it is aborted. */
  async changed(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake, { once: true });
    this.#wake = wake;
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", wake);
    signal?.throwIfAborted();
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  async #forward(watcher: Deno.FsWatcher): Promise<void> {
    for await (const _ of watcher) this.#wake();
  }
}
