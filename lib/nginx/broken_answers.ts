import { Buffer } from "node:buffer";
import type { ProcessId } from "../system/process.ts";
import { openToRead } from "../system/safe_open.ts";
import { type LogPosition, markLogs } from "./error_log.ts";
import { workersOf } from "./master.ts";

/** How much of a log is read at once, in bytes; more is left out. */
const MOST = 2 ** 22;

/**
 * What nginx says of an answer that has begun and broke off. What a client has sent stands
 * further behind in the line.
 */
const BROKEN =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[error\] (\d+)#\d+: \*(\d+) [^",]*while reading upstream, client: /;

/**
 * The answers that break off, by nginx's error log: nothing else tells of one in chunks. None
 * are found where zdd may not know which logs nginx has open.
 */
export class BrokenAnswers {
  readonly #logs: LogPosition[];

  constructor(readonly master: ProcessId | undefined) {
    this.#logs = master === undefined ? [] : markLogs(master);
  }

  /** The numbers of the connections, as nginx counts them, whose answers have broken off since the last look. */
  look(): number[] {
    const found = this.#logs.flatMap((log) =>
      readOn(log).split("\n").flatMap((line) => {
        const [, pid, connection] = BROKEN.exec(line) ?? [];
        return pid === undefined
          ? []
          : [{ pid: Number(pid), connection: Number(connection) }];
      })
    );
    if (found.length === 0) return [];
    const workers = workersOf(this.master).map(({ process }) => process.pid);
    return found.filter(({ pid }) => workers.includes(pid))
      .map(({ connection }) => connection);
  }
}

/** The whole lines behind a position, which moves on. */
function readOn(log: LogPosition): string {
  try {
    using file = openToRead(log.file);
    const { size } = file.statSync();
    const begin = size < log.offset ? 0 : Math.max(log.offset, size - MOST);
    file.seekSync(begin, Deno.SeekMode.Start);
    const bytes = Buffer.alloc(size - begin);
    let done = 0;
    while (done < bytes.length) {
      const count = file.readSync(bytes.subarray(done));
      if (count === null) break;
      done += count;
    }
    const end = bytes.subarray(0, done).lastIndexOf("\n") + 1;
    log.offset = begin + end;
    return bytes.toString("latin1", 0, end);
  } catch {
    return ""; // it is gone, or was never a file
  }
}
