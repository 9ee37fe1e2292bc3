/** The file system that a path is on. */
export interface FileSystem {
  /** Such as `ext2/ext3`, `tmpfs` or `nfs` (stat(1)). */
  type: string;
  /** Free bytes for users other than root. */
  freeBytes: number;
  /** How many files can still be created; undefined if there is no limit. */
  freeFiles?: number;
}

/** The file system that a path is on, from stat(1); undefined if stat fails. */
export function fileSystemOf(path: string): FileSystem | undefined {
  try {
    const { success, stdout } = new Deno.Command("stat", {
      args: ["-f", "-c", "%T %a %S %d %c", "--", path],
      stdin: "null",
    }).outputSync();
    const [type = "", ...numbers] = new TextDecoder().decode(stdout).trim()
      .split(" ");
    const [blocks = NaN, size = NaN, free = NaN, files = 0] = numbers
      .map(Number);
    if (!success || Number.isNaN(blocks * size * free)) return undefined;
    return {
      type,
      freeBytes: blocks * size,
      ...files > 0 && { freeFiles: free },
    };
  } catch {
    return undefined; // no such program
  }
}
