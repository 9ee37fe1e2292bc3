import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Load } from "../support/load.ts";
import { Site } from "../support/site.ts";

// A release that is broken, of servers that listen before they know, with a deploy.conf
// that asks for nothing: the release before serves on.

interface Server {
  /** The program that it needs. */
  program: string;
  start: string;
  file: string;
  good: string;
  /** What is in the file instead, and what must be told. */
  broken: Record<string, [text: string, told: string | RegExp]>;
}

const NODE = `require("http").createServer((_, response) => BODY)
  .listen(process.env.PORT);\n`;
const WSGI = `def app(environ, start):
    BODY
    start("200 OK", [("Content-Length", "2")])
    return [b"v1"]\n`;
const RACK = `run ->(env) { BODY; [200, {}, ["v1"]] }\n`;

const SERVERS: Record<string, Server> = {
  node: {
    program: "node",
    start: "node server.js",
    file: "server.js",
    good: NODE.replace("BODY", 'response.end("v1")'),
    broken: {
      "fails at once": [
        'require("./config.js").database.url;\n',
        "Error: Cannot find module './config.js'",
      ],
      "answers every request with an error": [
        NODE.replace("BODY", 'response.writeHead(500).end("no database")'),
        'last: 500 "no database"',
      ],
      "listens and ends a moment later": [
        NODE.replace("BODY", "{}") +
        'setTimeout(() => { throw new RangeError("too late"); }, 1000);\n',
        "RangeError: too late",
      ],
    },
  },
  gunicorn: {
    program: "gunicorn",
    start: "gunicorn --workers 2 --bind 127.0.0.1:{port} wsgi:app",
    file: "wsgi.py",
    good: WSGI.replace("BODY", "pass"),
    broken: {
      "fails at import": [
        "import nosuchmodule\n",
        "ModuleNotFoundError: No module named 'nosuchmodule'",
      ],
      "answers every request with an error": [
        WSGI.replace("BODY", 'raise RuntimeError("no database")'),
        "RuntimeError: no database",
      ],
      "listens and ends a moment later": [
        "import os, signal, threading, time\n" +
        WSGI.replace("BODY", "time.sleep(60)") +
        "def end():\n    time.sleep(1)\n" +
        '    print("out of memory", flush=True)\n' +
        "    os.killpg(0, signal.SIGKILL)\n" +
        "threading.Thread(target=end).start()\n",
        "out of memory",
      ],
    },
  },
  puma: {
    program: "puma",
    start: "puma --workers 1 --bind tcp://127.0.0.1:{port} config.ru",
    file: "config.ru",
    good: RACK.replace("BODY", ""),
    broken: {
      "fails at load": [
        'raise ArgumentError, "no database"\n',
        // Its workers print nothing of the message, and end again and again.
        /config\.ru:1:in[^]*hint: \d+ of its processes have ended meanwhile/,
      ],
      "answers every request with an error": [
        RACK.replace("BODY", 'raise ArgumentError, "no database"'),
        "no database",
      ],
    },
  },
};

for (const [name, server] of Object.entries(SERVERS)) {
  const { program, start, file, good, broken } = server;
  const found = await new Deno.Command("which", {
    args: [program],
    stdout: "null",
  }).output();
  for (const [what, [text, told]] of Object.entries(broken)) {
    Deno.test({
      name: `${name}: a release that ${what} costs no request`,
      ignore: !found.success,
      async fn() {
        const lines = ["start_timeout: 10", "health_timeout: 3"];
        await using site = Site.live({ start, lines, files: { [file]: good } });
        await site.deploy();
        const [before] = await site.instances();
        await using load = await Load.start({
          url: `http://127.0.0.1:${site.port}/`,
        });
        site.write(file, text);
        site.configure({ start, lines: [...lines, "env: RELEASE=2"] });
        const { code, stderr } = await site.zdd();
        const { failed } = await load.stop();
        assertEquals([code, failed], [1, 0], stderr);
        if (typeof told === "string") assertStringIncludes(stderr, told);
        else assertMatch(stderr, told);
        const [after] = await site.instances();
        assertEquals(after?.pid, before?.pid);
      },
    });
  }
}
