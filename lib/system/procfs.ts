// Reading what Linux shows in /proc of processes, which may end at any time.

/** A file in /proc; undefined if its process has ended, or is another user's. */
export function readFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const isForeign = error instanceof Deno.errors.PermissionDenied;
    if (isGone(error) || isForeign) return undefined;
    throw error; // without descriptors, for example, nothing is known of it
  }
}

/** The names in a directory of /proc that are numbers; none if its process has ended. */
export function numbersIn(directory: string): number[] {
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => Number(name));
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    // ESRCH: it ended while it was read. Deno has no class for that.
    error instanceof Error && /\(os error 3\)/.test(error.message);
}
