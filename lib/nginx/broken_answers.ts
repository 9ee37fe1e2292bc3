import { Buffer } from "node:buffer";
import type { ProcessId } from "../system/process.ts";
import { openToRead } from "../system/safe_open.ts";
import { type LogPosition, markLogs } from "./error_log.ts";
import { workersOf } from "./master.ts";

/** How much of a log is read at once, in bytes; anything before that is skipped. */
const MOST = 2 ** 22;

/**
 * What nginx logs about an answer that began and broke off. Text from the client is further
 * on in the line.
 */
const BROKEN =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[error\] (\d+)#\d+: \*(\d+) [^",]*while reading upstream, client: /;

/**
 * Finds answers that broke off, in nginx's error log. For chunked answers, nothing else
 * shows it. Finds none if zdd may not see which logs nginx has open.
 */
export class BrokenAnswers {
  readonly #logs: LogPosition[];

  constructor(readonly master: ProcessId | undefined) {
    this.#logs = master === undefined ? [] : markLogs(master);
  }

  /** nginx's numbers of connections whose answers have broken off since the last look. */
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

/** The complete lines after a position. Moves the position past them. */
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
    return ""; // gone, or not a file
  }
}
