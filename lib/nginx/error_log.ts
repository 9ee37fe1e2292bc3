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
 * The errors that this master seems to have logged after the marks, for people to read:
 * an instance can forge them, by FastCGI's standard error for example. Log lines read
 * `2026/11/23 17:31:00 [emerg] PID#TID: words` (ngx_log.c).
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

/** How much of a log is looked at, in bytes, however much is written meanwhile. */
const MOST = 16 * 1024 * 1024;

/** The text of a log after an offset in bytes, whatever has taken its place. */
function readFrom(file: string, offset: number): string {
  try {
    return readEnd(file, offset, MOST);
  } catch {
    return "";
  }
}
