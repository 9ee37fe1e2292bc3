import { until } from "./until.ts";

/** What wrk says at its end. */
export interface WrkReport {
  requests: number;
  /** Failed to connect, to read, to write, or in time. */
  socketErrors: number;
  /** Answers whose status is neither 2xx nor 3xx. */
  badAnswers: number;
}

/** The clean report: what a deploy must leave of it. */
export function hasNoFailure(report: WrkReport): boolean {
  return report.requests > 0 && report.socketErrors === 0 &&
    report.badAnswers === 0;
}

/** How many clients a load has; each opens a connection for every request. */
const CLIENTS = 20;

/** A load of clients that never keep a connection, from wrk, for as long as it is needed. */
export class Wrk implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<Deno.CommandOutput>;

  private constructor(url: string) {
    this.#child = new Deno.Command("wrk", {
      args: [
        ...["-t", "1", "-c", String(CLIENTS), "-H", "Connection: close"],
        // A machine that is busy otherwise is no failure.
        ...["--timeout", "60s", "-d", "1h", url],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = this.#child.output();
  }

  /** Starts a load on a URL. Resolves when its clients have connected. */
  static async start(url: string): Promise<Wrk> {
    const wrk = new Wrk(url);
    await until("wrk connects", () => wrk.#sockets() >= CLIENTS / 2);
    return wrk;
  }

  /**
   * Ends the load and returns its report.
   *
   * @throws {Error} if wrk gave none.
   */
  async stop(): Promise<WrkReport> {
    this.#child.kill("SIGINT"); // it ends, and prints what it has got
    const { stdout, stderr } = await this.#output;
    const decoder = new TextDecoder();
    return parseWrkReport(decoder.decode(stdout) + decoder.decode(stderr));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.#output;
  }

  #sockets(): number {
    const fd = `/proc/${this.#child.pid}/fd`;
    return [...Deno.readDirSync(fd)].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`${fd}/${name}`).startsWith("socket:");
      } catch {
        return false; // closed meanwhile
      }
    }).length;
  }
}

/**
 * Reads what wrk prints (print_stats in wrk.c); lines about failures are there
 * only if there were some.
 *
 * @throws {Error} if it is no report.
 */
export function parseWrkReport(text: string): WrkReport {
  const requests = /^ +(\d+) requests in /m.exec(text)?.[1];
  if (requests === undefined) {
    throw new Error(`Cannot read wrk's report: ${JSON.stringify(text)}`);
  }
  const errors = /^ +Socket errors: (.+)$/m.exec(text)?.[1] ?? "";
  const bad = /^ +Non-2xx or 3xx responses: (\d+)$/m.exec(text)?.[1] ?? "0";
  return {
    requests: Number(requests),
    socketErrors: [...errors.matchAll(/\d+/g)]
      .reduce((sum, [digits]) => sum + Number(digits), 0),
    badAnswers: Number(bad),
  };
}
