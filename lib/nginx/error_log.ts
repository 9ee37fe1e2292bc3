import { escapeControls } from "../text/escape.ts";
import { openFiles, type ProcessId } from "../system/process.ts";
import { readEnd } from "../system/safe_open.ts";

/** A place in a log, to read what is written after it. */
export interface LogPosition {
  file: string;
  /** Bytes. */
  offset: number;
}

/**
 * The current ends of the log files that nginx's master has open, wherever its
 * configuration puts them.
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
 * The errors that this master seems to have logged after the marks. They are only for
 * people to read: an instance can forge them, for example through FastCGI's standard error.
 * Log lines look like `2026/11/23 17:31:00 [emerg] PID#TID: words` (ngx_log.c).
 */
export function wordsSince(
  marks: LogPosition[],
  master: ProcessId,
): string[] {
  const pattern = new RegExp(
    `^\\S+ \\S+ \\[(emerg|alert|crit|error)\\] ${master.pid}#\\d+: (.+)$`,
  );
  const lines = marks.flatMap(({ file, offset }) =>
    readFrom(file, offset).split("\n").flatMap((line) => {
      const [, level, words] = pattern.exec(line) ?? [];
      return words === undefined ? [] : [`[${level}] ${escapeControls(words)}`];
    })
  );
  return [...new Set(lines)];
}

/** How much of a log is read, in bytes, however much was written meanwhile. */
const MOST = 16 * 1024 * 1024;

/** The text of a log after an offset in bytes; empty if it can't be read. */
function readFrom(file: string, offset: number): string {
  try {
    return readEnd(file, offset, MOST);
  } catch {
    return "";
  }
}
