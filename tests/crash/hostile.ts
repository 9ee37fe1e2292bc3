import { Site } from "../support/site.ts";
import type { Outcome } from "../support/running_command.ts";

/** `nobody` of every Linux that has one in /etc/passwd; Debian's group is `nogroup`. */
export const NOBODY = { uid: 65534, gid: 65534 };

/** Whether this machine lets a test play root and somebody else. */
export const canActAsRoot = Deno.uid() === 0;

/** The words that run something as nobody, with its environment. */
export const AS_NOBODY =
  `setpriv --reuid=${NOBODY.uid} --regid=${NOBODY.gid} --clear-groups`;

/** A tiny server of nobody's: it answers and writes what `script` says besides. */
const SERVER = `
const http = require("node:http");
const fs = require("node:fs");
const server = http.createServer((_, answer) =>
  answer.end("v1 " + process.pid + " 0\\n"));
server.listen(0, "127.0.0.1", () => {
  const port = server.address().port;
  const good = () => {
    fs.writeFileSync("own/" + process.pid + ".port", port + "\\n");
    fs.writeFileSync("own/web.pid", process.pid + "\\n");
  };
  %SCRIPT%
});
process.on("SIGTERM", () => process.exit());
`;

/** A test in which root and nobody play; skipped by a name that says so elsewhere. */
export function rootTest(name: string, body: () => Promise<void>): void {
  const reason = canActAsRoot ? "" : " (skipped: needs root)";
  Deno.test({ name: name + reason, ignore: !canActAsRoot, fn: body });
}

/** Runs a program as nobody in the site's directory. @throws if it fails. */
export async function asNobody(site: Site, ...words: string[]): Promise<void> {
  const [program = "", ...args] = [...AS_NOBODY.split(" "), ...words];
  const { code, stderr } = await site.run(program, ...args);
  if (code !== 0) throw new Error(stderr);
}

export interface HostileOptions {
  /** JavaScript that the server runs when it listens; `good()` is what it should do. */
  script?: string;
  /** More lines of the section [service:web]. */
  lines?: string[];
  /** Where zddeploy looks for the pid; `own/web.pid` unless told. */
  pidFile?: string;
}

/** A site of root's whose service runs as nobody, in a directory `own` of nobody's. */
export function hostileSite(options: HostileOptions = {}): Site {
  const { script, lines = [], pidFile = "own/web.pid" } = options;
  const site = Site.classic({
    pidFile,
    start: `${AS_NOBODY} node server.cjs`,
    lines: ["start_timeout: 6", ...lines],
    files: { "server.cjs": hostileServer(script) },
  });
  Deno.mkdirSync(site.path("own"));
  Deno.chownSync(site.path("own"), NOBODY.uid, NOBODY.gid);
  return site;
}

export function hostileServer(script = "good();"): string {
  return SERVER.replace("%SCRIPT%", script);
}

/** Runs zddeploy as `Site.zdd` does, but ends it when it hangs. */
export async function zddWithin(
  site: Site,
  seconds: number,
  ...args: string[]
): Promise<Outcome> {
  const deploy = site.start(...args);
  const late = setTimeout(() => deploy.kill("SIGKILL"), seconds * 1000);
  try {
    return await deploy.outcome();
  } finally {
    clearTimeout(late);
  }
}
