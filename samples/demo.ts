/**
 * Shows what zdd does: `deno task demo` deploys samples/node under load, counts
 * the requests that failed, and leaves the service running in ./demo.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { install, NGINX, NotInstalled, WRK } from "../tasks/packages.ts";
import { formatDuration } from "../lib/text/duration.ts";
import { stopwatch } from "../lib/deploy/report.ts";
import { printMessage, printResult } from "../lib/cli/output.ts";
import { messageOf } from "../lib/error.ts";
import { findMaster } from "../lib/nginx/master.ts";
import { readIfExists } from "../lib/system/files.ts";
import { hasNoFailure, Wrk } from "../tests/support/wrk.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));
const SAMPLE = join(ROOT, "samples", "node");
const DIRECTORY = join(ROOT, "demo");
/** How many deploys there are under load. */
const DEPLOYS = 5;

/** Returns the exit status. */
async function main(): Promise<number> {
  await install([NGINX, WRK]);
  const url = `http://localhost:${prepare()}/`;

  printResult(
    `\nA copy of samples/node, behind nginx, in ${DIRECTORY}:\n\n$ ./zddeploy`,
  );
  if (!await zddeploy()) return 1;
  const first = await get(url);
  printResult(`$ curl ${url}\n${first}`);

  printResult(
    `\n${DEPLOYS} more, while 20 clients open a connection for every request:`,
  );
  const instances = new Set([pidIn(first)]);
  await using wrk = await Wrk.start(url);
  for (let version = 2; version < 2 + DEPLOYS; version++) {
    setVersion(version);
    const took = stopwatch();
    if (!await zddeploy("--quiet")) return 1;
    const ms = took();
    const answer = await get(url);
    instances.add(pidIn(answer));
    printResult(`  ${answer}, deployed in ${formatDuration(ms)}`);
  }
  const report = await wrk.stop();
  const failed = report.socketErrors + report.badAnswers;
  printResult(
    `${report.requests} requests, ${failed} failed; ` +
      `${instances.size} different instances answered`,
  );
  printResult(nextSteps(url));
  return hasNoFailure(report) && instances.size === 1 + DEPLOYS ? 0 : 1;
}

function nextSteps(url: string): string {
  return `
It still runs: ${url}
Try next:

  cd ${quote(DIRECTORY)}
  ./zddeploy status
  ./zddeploy                # deploy again; edit VERSION in server.js before
  ./zddeploy stop --nginx   # stop it all
`;
}

/**
 * Puts the sample in a directory of its own, and a `zddeploy` beside it. Returns
 * the port for nginx: the sample's, or the next one that is free.
 */
function prepare(): number {
  const template = join(DIRECTORY, "nginx.conf.template");
  const before = readIfExists(template);
  const nginx = findMaster(
    join(DIRECTORY, "nginx.pid"),
    join(DIRECTORY, "nginx.conf"),
  );
  Deno.mkdirSync(DIRECTORY, { recursive: true });
  for (const name of ["README.md", "deploy.conf", "server.js"]) {
    Deno.copyFileSync(join(SAMPLE, name), join(DIRECTORY, name));
  }
  const sample = Deno.readTextFileSync(join(SAMPLE, "nginx.conf.template"));
  // The nginx of a demo before this one goes on.
  const port = nginx !== undefined && before !== undefined
    ? portIn(before)
    : freePort(portIn(sample));
  write(template, sample.replace(LISTEN, `listen ${port}`));
  write(join(DIRECTORY, ".gitignore"), "*\n");
  const zddeploy = [Deno.execPath(), "run", "-qA", join(ROOT, "main.ts")];
  write(
    join(DIRECTORY, "zddeploy"),
    `#!/bin/sh\nexec ${zddeploy.map(quote).join(" ")} "$@"\n`,
    0o755,
  );
  return port;
}

const LISTEN = /\blisten (\d+)/;

function portIn(template: string): number {
  return Number(LISTEN.exec(template)?.[1]);
}

/** The first port from this one on that nobody listens on. */
function freePort(port: number): number {
  try {
    Deno.listen({ port }).close();
    return port;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return freePort(port + 1);
    throw error;
  }
}

function write(path: string, text: string, mode = 0o644): void {
  Deno.writeTextFileSync(path, text, { mode });
}

/** A word for the shell. */
function quote(word: string): string {
  return /^[\w/.@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The sample with another version, as if somebody had worked on it. */
function setVersion(version: number): void {
  const file = join(DIRECTORY, "server.js");
  const text = Deno.readTextFileSync(file);
  write(file, text.replace(/(VERSION = )"\d+"/, `$1"${version}"`));
}

/** Runs zddeploy, which prints where this prints. Returns whether it succeeded. */
async function zddeploy(...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(join(DIRECTORY, "zddeploy"), {
    args,
    cwd: DIRECTORY,
    stdin: "null",
  }).spawn().status;
  return success;
}

/** The line that the sample answers. */
async function get(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: "close" } });
  return (await response.text()).trim();
}

function pidIn(answer: string): string {
  return /\bpid (\d+)/.exec(answer)?.[1] ?? answer;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  printMessage(
    error instanceof NotInstalled ? error.message : messageOf(error),
  );
  Deno.exitCode = 1;
}
