import { printMessage } from "../../lib/cli/output.ts";
import { Site } from "./site.ts";
import { deployConf, liveTemplate } from "./project.ts";

/** Debian's Python, which can use Debian's packages. */
const PYTHON = "/usr/bin/python3";

/** A WSGI application that answers with its pid: `/slow` after some seconds, `/stuck` never. */
const APP = `\
import os, signal, time
try:
    import setproctitle
    setproctitle.setproctitle("app that has overwritten its environment " + "x" * 3000)
except ImportError:
    pass

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(2)
    if path == "/stuck":
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT):
            signal.signal(name, signal.SIG_IGN)
        open("stuck", "w").write(str(os.getpid()))
        while True:
            time.sleep(60)
    body = f"v1 {os.getpid()} 0\\n".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
`;

const PHP_FPM = `\
[global]
error_log = %DIR%/fpm.log
daemonize = yes
%PID%
[web]
listen = \${SOCKET}
listen.mode = 0666
user = www-data
group = www-data
pm = static
pm.max_children = 2
`;

/** A server that listens on PORT or SOCKET, and answers /slow slowly. */
export const SERVER = `\
import http from "node:http";
import fs from "node:fs";
const { PORT, SOCKET } = process.env;
const server = http.createServer((request, response) => {
  const answer = () => response.end("v1 " + process.pid + " 0\\n");
  request.url === "/slow" ? setTimeout(answer, 2000) : answer();
});
process.on("SIGTERM", () => server.close());
if (SOCKET === undefined) server.listen(Number(PORT), "127.0.0.1");
else server.listen(SOCKET + ".new", () => fs.renameSync(SOCKET + ".new", SOCKET));
`;

/** A server whose first thread ends. */
const THREADS = `\
import ctypes, http.server, os, platform, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"v1 {os.getpid()} 0\\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
threading.Thread(target=server.serve_forever).start()
ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)
`;

/** A kind of server in real use. */
export interface Daemon {
  /** What must be installed. */
  needs: string[];
  /** The lines of its section. */
  lines: string[];
  /** Its files, besides those of every site here. */
  files?: Record<string, string>;
  /** Whether it answers as {@linkcode SERVER} does. */
  isHttp: boolean;
}

const gunicorn = `${PYTHON} -m gunicorn -w 2 -b 127.0.0.1:$PORT`;

/** Servers, named by what is special about them. */
export const DAEMONS: Record<string, Daemon> = {
  "a shell's loop": {
    needs: ["node"],
    lines: ["start: ./loop", "port: env"],
    files: {
      loop: "#!/bin/sh\nwhile :; do node server.mjs; sleep 0.1; done\n",
    },
    isHttp: true,
  },
  "a renamed socket": {
    needs: ["node"],
    lines: ["start: node server.mjs", "port: socket"],
    isHttp: true,
  },
  "gunicorn with setproctitle": {
    needs: ["gunicorn", "setproctitle"],
    lines: [`start: ${gunicorn} app:app`, "port: env"],
    isHttp: true,
  },
  "gunicorn --daemon with setproctitle": {
    needs: ["gunicorn", "setproctitle"],
    lines: [`start: ${gunicorn} --daemon app:app`, "port: env"],
    isHttp: true,
  },
  "gunicorn --daemon without an environment": {
    needs: ["gunicorn"],
    lines: [
      `start: env -i PATH="$PATH" ${gunicorn} --daemon app:app`,
      "port: env",
    ],
    isHttp: true,
  },
  "php-fpm --daemonize": {
    needs: ["php-fpm8.2"],
    lines: [
      "start: php-fpm8.2 --fpm-config fpm.conf",
      "port: socket",
      "health: none",
    ],
    files: { "fpm.conf": PHP_FPM.replace("%PID%", "") },
    isHttp: false,
  },
  "php-fpm --daemonize with a pid file": {
    needs: ["php-fpm8.2"],
    lines: [
      "start: php-fpm8.2 --fpm-config fpm.conf",
      "port: socket",
      "health: none",
      "pid_file: fpm.pid",
    ],
    files: { "fpm.conf": PHP_FPM.replace("%PID%", "pid = %DIR%/fpm.pid") },
    isHttp: false,
  },
  "gunicorn with a pid file": {
    needs: ["gunicorn", "setproctitle"],
    lines: [
      `start: ${gunicorn} -p g.pid app:app`,
      "port: env",
      "pid_file: g.pid",
    ],
    isHttp: true,
  },
  "threads alone": {
    needs: [PYTHON],
    lines: [`start: ${PYTHON} threads.py`, "port: env", "stop: kill -KILL"],
    files: { "threads.py": THREADS },
    isHttp: true,
  },
  "uWSGI": {
    needs: ["uwsgi_python3"],
    lines: [
      "start: uwsgi_python3 --http-socket 127.0.0.1:$PORT --master --processes 2 --wsgi-file app.py --callable app",
      "stop: kill -INT",
      "port: env",
    ],
    isHttp: true,
  },
};

/** Servers with processes that never end by themselves. */
const STUBBORN: Record<string, Daemon> = {
  "a wrapper that ignores SIGTERM": {
    needs: ["node"],
    lines: ["start: ./loop", "port: env"],
    files: {
      loop: "#!/bin/sh\ntrap '' TERM\n" +
        "while :; do sh -c 'trap - TERM; exec node server.mjs'; done\n",
    },
    isHttp: true,
  },
  "a listener that closes": {
    needs: ["node"],
    lines: ["start: node closing.mjs", "port: env"],
    files: {
      "closing.mjs": SERVER.replace("server.close()", "server.close(), 0")
        .replace("2000", "20000"),
    },
    isHttp: true,
  },
};

/** A site whose service is a kind of server. Nothing runs yet. */
export function daemonSite(daemon: Daemon, more: string[] = []): Site {
  const site = Site.create({
    "deploy.conf": deployConf({
      deploy: [],
      services: ["[service:web]", ...daemon.lines, ...more],
    }),
    "nginx.conf.template": liveTemplate(),
    "app.py": APP,
    "server.mjs": SERVER,
    ...daemon.files,
  });
  for (const [name, text] of Object.entries(daemon.files ?? {})) {
    site.write(name, text.replaceAll("%DIR%", site.directory));
    Deno.chmodSync(site.path(name), 0o755);
  }
  return site;
}

const present = new Map<string, boolean>();

/** Registers a test with a kind of server, if that is installed. */
export function daemonTest(
  name: string,
  kind: string,
  body: (site: Site) => Promise<void>,
  more?: string[],
): void {
  const daemon = DAEMONS[kind] ?? STUBBORN[kind];
  if (daemon === undefined) throw new TypeError(kind);
  const missing = daemon.needs.filter((need) => !isInstalled(need));
  Deno.test({
    name: `${name} (${kind})`,
    ignore: missing.length > 0,
    async fn() {
      await using site = daemonSite(daemon, more);
      await body(site);
    },
  });
  if (missing.length > 0) {
    printMessage(`${name} (${kind}) is skipped: no ${missing.join(", ")}`);
  }
}

/** Whether a program or a module of Debian's Python is installed. */
export function isInstalled(need: string): boolean {
  const known = present.get(need);
  if (known !== undefined) return known;
  const found = ["gunicorn", "setproctitle"].includes(need)
    ? succeeds(PYTHON, "-c", `import ${need}`)
    : succeeds("/bin/sh", "-c", `command -v ${need}`);
  present.set(need, found);
  return found;
}

function succeeds(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}
