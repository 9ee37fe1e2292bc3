const TAIL_BYTES = 8192;

/**
 * The last lines of a log, at most `lines`, of what was written behind `from`
 * (bytes); empty if there is none or it can't be read.
 */
export function readTail(file: string, from = 0, lines = 10): string[] {
  try {
    using handle = Deno.openSync(file);
    const size = handle.statSync().size;
    const start = Math.max(from <= size ? from : 0, size - TAIL_BYTES);
    handle.seekSync(start, Deno.SeekMode.Start);
    const buffer = new Uint8Array(TAIL_BYTES);
    const read = handle.readSync(buffer) ?? 0;
    const text = new TextDecoder().decode(buffer.subarray(0, read)).trimEnd();
    return text === "" ? [] : text.split("\n").slice(-lines);
  } catch {
    return [];
  }
}

/** The size of a file in bytes; 0 if there is none. */
export function sizeOf(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch {
    return 0;
  }
}
