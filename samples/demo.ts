/**
 * Shows what zdd does: `deno task demo` installs nginx if it is missing, deploys
 * samples/node under load, counts the requests that failed, and leaves the service
 * running in ./demo.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { formatDuration } from "../lib/text/duration.ts";
import { stopwatch } from "../lib/deploy/report.ts";
import { printMessage, printResult } from "../lib/cli/output.ts";
import { messageOf } from "../lib/error.ts";
import { findMaster } from "../lib/nginx/master.ts";
import { readIfExists } from "../lib/system/files.ts";
import { findProgram } from "../lib/system/program.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));
const SAMPLE = join(ROOT, "samples", "node");
const DIRECTORY = join(ROOT, "demo");
/** How many deploys to run under load. */
const DEPLOYS = 5;
/** How many clients make requests. */
const CLIENTS = 20;

/** Runs the demo. Returns the exit status. */
async function main(): Promise<number> {
  if (!await hasNginx()) return 1;
  const url = `http://localhost:${prepare()}/`;

  printResult(
    `\nA copy of samples/node, behind nginx, in ${DIRECTORY}:\n\n$ ./zddeploy`,
  );
  if (!await zddeploy()) return 1;
  const first = await get(url);
  printResult(`$ curl ${url}\n${first}`);

  printResult(
    `\n${DEPLOYS} more, while ${CLIENTS} clients open a connection for every request:`,
  );
  const instances = new Set([pidIn(first)]);
  await using load = new Load(url);
  for (let version = 2; version < 2 + DEPLOYS; version++) {
    setVersion(version);
    const took = stopwatch();
    if (!await zddeploy("--quiet")) return 1;
    const ms = took();
    const answer = await get(url);
    instances.add(pidIn(answer));
    printResult(`  ${answer}, deployed in ${formatDuration(ms)}`);
  }
  const { requests, failed } = await load.stop();
  printResult(
    `${requests} requests, ${failed} failed; ` +
      `${instances.size} different instances answered`,
  );
  printResult(nextSteps(url));
  return requests > 0 && failed === 0 && instances.size === 1 + DEPLOYS ? 0 : 1;
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

/** Installs Debian's nginx if it is missing. Returns whether it is installed. */
async function hasNginx(): Promise<boolean> {
  if (findProgram("nginx", ".") !== undefined) return true;
  printResult("Installing nginx with apt-get");
  const apt = [
    ...Deno.uid() === 0 ? [] : ["sudo"],
    ...["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"],
  ];
  for (const what of [["update"], ["install", "nginx"]]) {
    if (!await run(ROOT, [...apt, ...what])) {
      printMessage("nginx can't be installed from here: install it first");
      return false;
    }
  }
  return findProgram("nginx", ".") !== undefined;
}

/** Keeps no connections open. */
const UNPOOLED = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/** Clients that open a connection for every request, until they are stopped. */
class Load implements AsyncDisposable {
  #isOver = false;
  #requests = 0;
  #failed = 0;
  readonly #clients: Promise<void>[];

  constructor(readonly url: string) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#client());
  }

  /** Waits for the remaining answers. */
  async stop(): Promise<{ requests: number; failed: number }> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    return { requests: this.#requests, failed: this.#failed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      const isGood = await get(this.url).then(() => true, () => false);
      this.#requests++;
      if (!isGood) this.#failed++;
    }
  }
}

/**
 * Copies the sample to its own directory, with a `zddeploy` beside it. Returns the port for
 * nginx: the sample's, or the next free one.
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
  // Uses the nginx of an earlier demo.
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

/** The first free port from this one on. */
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

/** Quotes a word for the shell. */
function quote(word: string): string {
  return /^[\w/.@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Changes the version in the sample, as a developer would. */
function setVersion(version: number): void {
  const file = join(DIRECTORY, "server.js");
  const text = Deno.readTextFileSync(file);
  write(file, text.replace(/(VERSION = )"\d+"/, `$1"${version}"`));
}

/** Runs zddeploy with the same output as the demo. Returns whether it succeeded. */
async function zddeploy(...args: string[]): Promise<boolean> {
  return await run(DIRECTORY, [join(DIRECTORY, "zddeploy"), ...args]);
}

async function run(
  cwd: string,
  [program = "", ...args]: string[],
): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args, cwd, stdin: "null" });
    return (await command.spawn().status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The sample's answer. @throws {Error} if it answers anything else. */
async function get(url: string): Promise<string> {
  const response = await fetch(url, { client: UNPOOLED });
  const text = (await response.text()).trim();
  if (response.ok && /\bpid \d+/.test(text)) return text;
  throw new Error(`Expected the sample's answer from ${url}, got "${text}"`);
}

function pidIn(answer: string): string {
  return /\bpid (\d+)/.exec(answer)?.[1] ?? answer;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  printMessage(messageOf(error));
  Deno.exitCode = 1;
}
