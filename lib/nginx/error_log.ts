import { escapeControls } from "../text/escape.ts";
import { openFiles, type ProcessId } from "../system/process.ts";

/** A place in a log, to read what is written behind it. */
export interface LogPosition {
  file: string;
  /** Bytes. */
  offset: number;
}

/** What a master logged: all of it, and whether that decides a reload. */
export interface MasterWords {
  lines: string[];
  /** The new configuration was refused; nginx goes on with the old one. */
  refused: boolean;
}

/**
 * The ends of the log files that nginx's master holds open, wherever its
 * configuration put them.
 */
export function markLogs(master: ProcessId): LogPosition[] {
  const positions = new Map<string, LogPosition>();
  for (const file of openFiles(master.pid).values()) {
    try {
      const stat = Deno.statSync(file);
      if (stat.isFile) positions.set(file, { file, offset: stat.size });
    } catch { /* a socket or a pipe */ }
  }
  return [...positions.values()];
}

/**
 * The errors that this master logged behind the marks. Log lines read
 * `2026/11/23 17:31:00 [emerg] PID#TID: words` (ngx_log.c).
 */
export function wordsSince(
  marks: LogPosition[],
  master: ProcessId,
): MasterWords {
  const pattern = new RegExp(
    `^\\S+ \\S+ \\[(emerg|alert|crit|error)\\] ${master.pid}#\\d+: (.+)$`,
  );
  const lines = marks.flatMap(({ file, offset }) =>
    readFrom(file, offset).split("\n").flatMap((line) => {
      const [, level, words] = pattern.exec(line) ?? [];
      return words === undefined ? [] : [`[${level}] ${escapeControls(words)}`];
    })
  );
  // A bind() that fails is tried five times, and given up with these words (ngx_connection.c).
  const refused = lines.some((line) =>
    line.startsWith("[emerg]") &&
    (line.includes("still could not bind") || !/\bbind\(\)/.test(line))
  );
  return { lines: [...new Set(lines)], refused };
}

/** How much of a log is looked at, in bytes, however much is written meanwhile. */
const MOST = 16 * 1024 * 1024;

/** The text of a file behind an offset in bytes. */
function readFrom(file: string, offset: number): string {
  try {
    using handle = Deno.openSync(file);
    handle.seekSync(offset, Deno.SeekMode.Start);
    const size = Math.min(handle.statSync().size - offset, MOST);
    const buffer = new Uint8Array(Math.max(size, 0));
    let read = 0;
    while (read < buffer.length) {
      const count = handle.readSync(buffer.subarray(read));
      if (count === null) break;
      read += count;
    }
    return new TextDecoder().decode(buffer.subarray(0, read));
  } catch {
    return "";
  }
}
