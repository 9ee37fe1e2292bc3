import { ExitStatus, reasonOf, ZddError } from "../error.ts";
import type { Log } from "../instance/run/runner.ts";
import { LogFile } from "../system/log_file.ts";
import { sleep } from "../system/wait.ts";
import { escapeControls } from "../text/escape.ts";
import { printMessage, printResult } from "./output.ts";

/** How often a file is checked for new lines, in ms. */
const INTERVAL = 200;

interface LogOptions {
  lines: number;
  follow: boolean;
  /** No older lines; in the format of the command that prints a log. */
  since?: string;
}

/** A log that a command prints. */
type Printed = Exclude<Log, { file: string }>;

/**
 * Prints the last lines of logs. With `follow`, also prints new lines until nobody reads them.
 *
 * @returns the exit status: failed if one of the logs can't be read
 * @throws {ZddError} if none of them exists yet.
 */
export async function showLogs(
  logs: readonly Log[],
  { lines, follow, since }: LogOptions,
): Promise<number> {
  const reader = new Reader(logs.length > 1);
  const missing: string[] = [];
  let exitStatus: number = ExitStatus.done;
  const attempt = async (name: string, body: () => Promise<void> | void) => {
    try {
      await body();
    } catch (error) {
      exitStatus = ExitStatus.failed;
      const message = `Cannot read the log "${name}": ${reasonOf(error)}`;
      printMessage(`zddeploy: ${message}`);
    }
  };
  const followed: Promise<void>[] = [];
  for (const log of logs) {
    const name = nameOf(log);
    if ("file" in log) {
      await attempt(name, () => {
        const file = new LogFile(log.file);
        const last = lastOf(file, lines);
        if (last === undefined) return void missing.push(name);
        reader.print(name, last);
        if (follow) followed.push(followFile(file, reader));
      });
    } else {
      const printed = attempt(
        name,
        () => printOutput(log, { lines, follow, since }, reader),
      );
      if (follow) followed.push(printed);
      else await printed;
    }
  }
  if (missing.length === logs.length) {
    throw new ZddError(`There is no log yet: ${missing.join(", ")}`);
  }
  await Promise.all(followed);
  return exitStatus;
}

/** The path of a log's file, or the command that prints it. */
export function nameOf(log: Log): string {
  return "file" in log ? log.file : log.command(0, false).join(" ");
}

/** Prints lines, and notices when nobody reads them any more. */
class Reader {
  #last?: string;
  readonly #gone = new AbortController();

  /** @param hasNames whether there are several logs, so that their names are printed */
  constructor(readonly hasNames: boolean) {}

  /** Aborted when nobody reads any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  print(name: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const isNamed = this.hasNames && this.#last !== name;
    this.#last = name;
    const text = [...isNamed ? [`==> ${name} <==`] : [], ...lines].join("\n");
    if (!printResult(text)) this.#gone.abort();
  }
}

/** The last lines; undefined if there is no such file. */
function lastOf(file: LogFile, lines: number): string[] | undefined {
  try {
    return file.last(lines);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function followFile(file: LogFile, reader: Reader): Promise<void> {
  while (!reader.gone.aborted) {
    reader.print(file.path, file.added());
    await sleep(INTERVAL);
  }
}

/** Runs a command and prints the lines that it prints. @throws {Error} if it fails. */
async function printOutput(
  log: Printed,
  { lines, follow, since }: LogOptions,
  reader: Reader,
): Promise<void> {
  const name = nameOf(log);
  const [program = "", ...args] = log.command(lines, follow, since);
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: reader.gone,
  }).spawn();
  const print = (stream: ReadableStream<Uint8Array>) =>
    printLines(stream, name, reader);
  const complaint = log.both
    ? print(child.stderr)
    : new Response(child.stderr).text();
  const last = await print(child.stdout);
  const { success } = await child.status;
  const words = (await complaint || last).trim();
  // If there are no lines, journalctl fails without a message.
  if (success || reader.gone.aborted || words === "") return;
  throw new Error(words.split("\n").at(-1));
}

/** Prints the lines of a stream as they come. Returns the last one. */
async function printLines(
  stream: ReadableStream<Uint8Array>,
  name: string,
  reader: Reader,
): Promise<string> {
  let part = "";
  let last = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (part + text).split("\n");
    part = lines.pop() ?? "";
    last = lines.at(-1) ?? last;
    reader.print(name, lines.map(escapeControls));
  }
  if (part !== "") reader.print(name, [escapeControls(part)]);
  return part || last;
}
