// Reads about processes in /proc, which may end at any time.

/** Reads a file in /proc; undefined if its process has ended or belongs to another user. */
export function readFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const isForeign = error instanceof Deno.errors.PermissionDenied;
    if (isGone(error) || isForeign) return undefined;
    throw error; // for example, no descriptors are left: nothing is known of the process
  }
}

/** The numeric names in a directory of /proc; none if its process has ended. */
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
    // ESRCH: the process ended while it was read. Deno has no class for that.
    error instanceof Error && /\(os error 3\)/.test(error.message);
}
