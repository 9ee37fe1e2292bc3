/**
 * Records the terminal session of the README: `deno task recording` creates a project,
 * deploys it, breaks a release, and rolls back. It writes the output with its timing to
 * docs/recording.svg. It runs `ZDD_BIN`, or the source. Only the directory and the port are
 * changed in the recording.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { printResult } from "../lib/cli/output.ts";
import { type TerminalLine, terminalSvg } from "./terminal_svg.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));
const FILE = join(ROOT, "docs/recording.svg");

/** The commands that are typed. */
export const SESSION = [
  "zddeploy init --listen 8080",
  "echo 'standby: yes' >> deploy.conf",
  "zddeploy --release 1",
  "sed -i 's/hello/hello, world/' server.js",
  "zddeploy --release 2",
  "curl localhost:8080",
  "echo 'throw new Error(\"no database\")' >> server.js",
  "zddeploy --release 3",
  "curl localhost:8080",
  "zddeploy rollback",
  "curl localhost:8080",
  "zddeploy status",
];

const SERVER = `const { createServer } = require("node:http");

const server = createServer((request, response) => response.end("hello\\n"));
server.listen(process.env.PORT, "127.0.0.1");
process.once("SIGTERM", () => server.close());
`;

/** Times in ms: per character, before typing a command, and before running it. */
const TYPING = 35;
const THINKING = 900;
const ENTER = 250;

async function record(): Promise<TerminalLine[]> {
  const directory = Deno.makeTempDirSync({ prefix: "zdd-recording-" });
  Deno.chmodSync(directory, 0o755); // nginx's workers enter it
  Deno.writeTextFileSync(join(directory, "server.js"), SERVER);
  const port = String(freePort());
  const zdd = Deno.env.get("ZDD_BIN") ??
    `${Deno.execPath()} run -A --no-lock ${join(ROOT, "main.ts")}`;
  const shell = (command: string) =>
    new Deno.Command("bash", {
      // One pipe for both, to keep the order of the output.
      args: [
        "-c",
        `zddeploy() { ${zdd} --color always "$@"; }\n${command} 2>&1`,
      ],
      cwd: directory,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  const lines: TerminalLine[] = [];
  let now = 0;
  const type = (text: string) => {
    now += THINKING;
    const typing = text.length * TYPING;
    lines.push({ text: `\x1b[2m$\x1b[0m ${text}`, at: now, typing });
    now += typing + ENTER;
  };
  try {
    for (const command of SESSION) {
      type(command);
      const begun = performance.now();
      const child = shell(
        command.replaceAll("8080", port).replace(/^curl/, "curl -sS"),
      );
      const printed = child.stdout.pipeThrough(new TextDecoderStream());
      for await (const { text, at } of linesIn(printed)) {
        lines.push({
          text: text.replaceAll(directory, "/srv/hello")
            .replaceAll(port, "8080"),
          at: now + at - begun,
        });
      }
      await child.status;
      now += performance.now() - begun;
    }
  } finally {
    await shell("zddeploy stop --nginx").output();
    Deno.removeSync(directory, { recursive: true });
  }
  return lines;
}

/** The lines of a stream, each with its arrival time in ms of `performance.now()`. */
async function* linesIn(stream: ReadableStream<string>) {
  let rest = "";
  for await (const chunk of stream) {
    const at = performance.now();
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { text, at };
  }
  if (rest !== "") yield { text: rest, at: performance.now() };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

if (import.meta.main) {
  const title = "init, two deploys, a broken release and a rollback";
  Deno.writeTextFileSync(FILE, terminalSvg(await record(), title));
  printResult(FILE);
}
