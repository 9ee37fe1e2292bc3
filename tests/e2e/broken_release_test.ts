import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { findProgram } from "../../lib/system/program.ts";
import { Load } from "../support/load.ts";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";

// A release that is broken, of servers that listen before they know, with a deploy.conf
// that asks for nothing: the release before serves on.

interface Server {
  /** The program that it needs. */
  program: string;
  start: string;
  file: string;
  /** `port` in deploy.conf; `env` if not given. */
  port?: string;
  /** How nginx passes requests to it, if not by HTTP. */
  location?: string;
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
const ASGI = `async def app(scope, receive, send):
    assert scope["type"] == "http"
    BODY
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"v1"})\n`;
const DENO = `Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT")),
}, () => BODY);\n`;
const TWISTED = `import os
from twisted.application.internet import TCPServer
from twisted.application.service import Application
from twisted.web.resource import Resource
from twisted.web.server import Site
class Page(Resource):
    isLeaf = True
    def render(self, request):
        BODY
        return b"v1"
application = Application("web")
port = int(os.environ["PORT"])
TCPServer(port, Site(Page()), interface="127.0.0.1").setServiceParent(application)\n`;
const FPM = `[global]
error_log = /proc/self/fd/2
[web]
listen = \${SOCKET}
listen.mode = 0666
user = www-data
group = www-data
pm = static
pm.max_children = 1
ping.path = /ping
ping.response = v1\n`;
const RACK = `run ->(env) { BODY; [200, {}, ["v1"]] }\n`;

/** A server in Python, whose BODY runs for each request. */
function inPython(text: string): Pick<Server, "good" | "broken"> {
  return {
    good: text.replace("BODY", "pass"),
    broken: {
      "fails at import": [
        "import nosuchmodule\n",
        "ModuleNotFoundError: No module named 'nosuchmodule'",
      ],
      "answers every request with an error": [
        text.replace("BODY", 'raise RuntimeError("no database")'),
        "RuntimeError: no database",
      ],
      "listens and ends a moment later": [
        `import os, signal, threading, time
def end():
    time.sleep(1)
    print("out of memory", flush=True)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=end).start()
${text.replace("BODY", "time.sleep(60)")}`,
        "out of memory",
      ],
    },
  };
}

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
    ...inPython(WSGI),
  },
  uwsgi: {
    program: "uwsgi_python3",
    start: "uwsgi_python3 --http-socket 127.0.0.1:{port} --die-on-term " +
      "--need-app --master --enable-threads --module wsgi:app",
    file: "wsgi.py",
    ...inPython(WSGI),
  },
  uvicorn: {
    program: "uvicorn",
    start: "uvicorn app:app --port {port} --no-access-log",
    file: "app.py",
    ...inPython(ASGI),
  },
  twisted: {
    program: "twistd3",
    start: "twistd3 --nodaemon --pidfile= -y server.tac",
    file: "server.tac",
    ...inPython(TWISTED),
  },
  deno: {
    program: "deno",
    start: "deno run --allow-net --allow-env=PORT server.ts",
    file: "server.ts",
    good: DENO.replace("BODY", 'new Response("v1")'),
    broken: {
      "fails at import": [
        'import "./config.ts";\n',
        /Module not found ".*config\.ts"/,
      ],
      "answers every request with an error": [
        DENO.replace("BODY", '{ throw new RangeError("no database"); }'),
        "RangeError: no database",
      ],
      "listens and ends a moment later": [
        DENO.replace("BODY", "new Promise(() => {})") +
        'setTimeout(() => { throw new RangeError("too late"); }, 1000);\n',
        "RangeError: too late",
      ],
    },
  },
  "php-fpm": {
    program: "php-fpm8.2",
    start: "php-fpm8.2 --nodaemonize --fpm-config php-fpm.conf",
    file: "php-fpm.conf",
    port: "socket",
    location: '<%= it.live.pass("web", { protocol: "fastcgi" }) %>' +
      "fastcgi_param SCRIPT_NAME /ping; fastcgi_param SCRIPT_FILENAME /ping; " +
      "fastcgi_param REQUEST_METHOD $request_method;",
    good: FPM,
    broken: {
      // What speaks no HTTP isn't asked for a page.
      "fails at once": [
        FPM + "no_database = 1\n",
        "unknown entry 'no_database'",
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
        /config\.ru:1:in/,
      ],
      "answers every request with an error": [
        RACK.replace("BODY", 'raise ArgumentError, "no database"'),
        "no database",
      ],
    },
  },
};

for (const [name, server] of Object.entries(SERVERS)) {
  const { program, start, file, good, broken, location, port } = server;
  const isThere = findProgram(program, ".") !== undefined;
  // deno-lint-ignore no-console
  if (!isThere) console.log(`${name} is skipped: no ${program} here`);
  const lines = ["start_timeout: 10", "health_timeout: 2"];
  for (const [what, [text, told]] of Object.entries(broken)) {
    Deno.test({
      name: `${name}: a release that ${what} costs no request`,
      ignore: !isThere,
      async fn() {
        const template = liveTemplate(
          location === undefined ? {} : { location },
        );
        const files = { [file]: good };
        await using site = Site.live({ start, port, template, files });
        await site.deploy();
        const [before] = await site.instances();
        await using load = await Load.start({
          url: `http://127.0.0.1:${site.port}/`,
          clients: 4,
          pause: 5,
          expect: /^v1$/,
        });
        site.write(file, text);
        site.configure({ start, port, lines: [...lines, "env: RELEASE=2"] });
        const { code, stderr } = await site.zdd();
        const { ok, failed } = await load.stop();
        assertEquals([code, failed], [1, 0], stderr);
        assert(ok > 0);
        if (typeof told === "string") assertStringIncludes(stderr, told);
        else assertMatch(stderr, told);
        const [after] = await site.instances();
        assertEquals(after?.pid, before?.pid);
      },
    });
  }
}
