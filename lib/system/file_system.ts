/** The file system that a path is on. */
export interface FileSystem {
  /** Such as `ext2/ext3`, `tmpfs` or `nfs` (stat(1)). */
  type: string;
  /** What users other than root can still write. */
  freeBytes: number;
  /** How many files can still be made; undefined if there is no limit. */
  freeFiles?: number;
}

/** The file system that a path is on, by stat(1); undefined if that can't tell. */
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
