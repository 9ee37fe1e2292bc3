import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serverCommand } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

// What a failure tells: the cause, and what helps.

/** A server in few lines. */
function files(script: string): Record<string, string> {
  return { "server.js": script };
}

const START = { start: "node server.js" };

Deno.test("a failure quotes the error above a long stack, and where it came up", async () => {
  const deep = `
    console.log("connecting");
    const deep = (n) => n > 0 ? deep(n - 1) : require("lib").connect({});
    Error.stackTraceLimit = 100;
    deep(50);`;
  const lib = "exports.connect = (options) => options.url.host;\n";
  await using site = Site.live({
    ...START,
    files: { ...files(deep), "node_modules/lib/index.js": lib },
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    "  | TypeError: Cannot read properties of undefined (reading 'host')\n",
  );
  assertMatch(stderr, /at deep \(.*\/server\.js:3:/);
  assertMatch(stderr, /… \d\d more lines\n {2}\(.*\.log\)/);
});

Deno.test("a server that listens elsewhere: where, and what it is told", async () => {
  const elsewhere = `
    require("http").createServer().listen(0, "127.0.0.1");`;
  const lines = ["start_timeout: 4"];
  await using site = Site.live({ ...START, lines, files: files(elsewhere) });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /nothing listens on 127\.0\.0\.1:\d+ after 4 s; it listens on 127\.0\.0\.1:\d+\n/,
  );
  assertMatch(stderr, /^hint: does it listen on the port in PORT/m);
});

Deno.test("workers that end again and again: their error, or how many", async () => {
  const loop = (worker: string) => `
    const cluster = require("cluster");
    if (cluster.isPrimary) {
      cluster.on("exit", () => setTimeout(() => cluster.fork(), 20));
      cluster.fork();
    } else {
      ${worker}
    }`;
  const lines = ["start_timeout: 8"];
  await using site = Site.live({
    ...START,
    lines,
    files: files(loop('throw new Error("no database");')),
  });
  const loud = await site.zdd();
  assertStringIncludes(loud.stderr, "  | Error: no database\n");
  assertMatch(loud.stderr, /^hint: see the error above; /m);

  site.write("server.js", loop("process.exit(1);"));
  const quiet = await site.zdd();
  assertMatch(
    quiet.stderr,
    /^hint: \d+ of its processes have ended meanwhile; /m,
  );
});

Deno.test("an answer that is an error: not that nothing was printed", async () => {
  const failing = `
    require("http").createServer((_, response) => {
      response.statusCode = 500;
      response.end();
    }).listen(process.env.PORT);`;
  const lines = ["health: /health", "health_timeout: 500ms"];
  await using site = Site.live({ ...START, lines, files: files(failing) });
  const { stderr } = await site.zdd();
  assertMatch(stderr, /\/health isn't healthy .*; last: 500/);
  assertEquals(stderr.includes("printed nothing"), false, stderr);
});

Deno.test("connections that a live switch leaves: nothing of old workers", async () => {
  const lines = ["drain_timeout: 500ms"];
  await using site = Site.live({ lines });
  await site.deploy();
  const hanging = fetch(`http://127.0.0.1:${site.port}/slow?5000`)
    .then((response) => response.text(), () => "");
  await until(
    "it is asked",
    async () =>
      (await site.instances()).some(({ connections = 0 }) => connections > 0),
  );
  const { stderr } = await site.deploy();
  assertMatch(stderr, /still has 1 connection after [\d.]+ m?s; stopping it/);
  assertEquals(stderr.includes("old worker"), false, stderr);
  await hanging;
});

Deno.test("a stop command that didn't end an instance is told, and tried anew when it is mended", async () => {
  const uwsgi = `bash -c "exec -a uwsgi ${serverCommand("--mode", "stays")}"`;
  const lines = ["stop_timeout: 300ms"];
  await using site = Site.live({ start: uwsgi, lines });
  await site.deploy();
  const [{ pid: first = 0 } = {}] = await site.instances();
  const told = await site.deploy();
  assertMatch(
    told.stderr,
    new RegExp(
      `${first} still runs .*uWSGI reloads at TERM: use \`stop: kill -INT\``,
    ),
  );
  const again = await site.deploy();
  assertMatch(
    again.stderr,
    new RegExp(`${first} still runs; it was stopped at`),
  );

  site.configure({ start: uwsgi, lines: [...lines, "stop: kill -INT"] });
  const mended = await site.deploy();
  assertMatch(mended.stderr, new RegExp(`web: stopped ${first}\\b`));
});

Deno.test("stop tries again what it couldn't end before", async () => {
  await using site = Site.live({
    mode: "stays",
    lines: ["stop_timeout: 300ms"],
  });
  await site.deploy();
  const [{ pid = 0 } = {}] = await site.instances();
  assertMatch((await site.zdd("stop")).stderr, new RegExp(`${pid} still runs`));
  site.configure({
    mode: "stays",
    lines: ["stop_timeout: 10", "stop: kill -KILL"],
  });
  assertMatch((await site.zdd("stop")).stderr, new RegExp(`stopped ${pid}\\b`));
});
