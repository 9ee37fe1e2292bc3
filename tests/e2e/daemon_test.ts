import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { isAlive } from "../support/processes.ts";
import { serverCommand } from "../support/project.ts";

/** It forks, and goes on as a daemon, which has a socket in common with what was started. */
const DAEMON = `\
import http.server, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"v1 {os.getpid()} 0\\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

address = ("127.0.0.1", int(os.environ["PORT"]))
server = http.server.ThreadingHTTPServer(address, Handler, False)
server.server_bind()
if sys.argv[1] == "listens":
    server.server_activate()
    time.sleep(0.03)
if os.fork() > 0:
    if sys.argv[2] == "told":
        open("parent", "w").write(str(os.getpid()))
        while not os.path.exists("end"):
            time.sleep(0.02)
    else:
        time.sleep(float(sys.argv[2]))
    os._exit(0)
if sys.argv[2] != "told":
    os.setsid()
server.server_activate()
server.serve_forever()
`;

/** What a daemon does before it forks, and how long its parent goes on, in seconds. */
const DAEMONS = [
  { before: "listens", ends: 0 },
  { before: "binds", ends: 0 },
  { before: "binds", ends: 2 },
];

for (const { before, ends } of DAEMONS) {
  Deno.test(`a daemon that ${before} before it forks, and whose parent ends ${ends} s later, is followed`, async () => {
    const start = `/usr/bin/python3 daemon.py ${before} ${ends}`;
    await using site = Site.live({
      start,
      files: {
        "daemon.py": DAEMON,
      },
    });
    for (let i = 0; i < 3; i++) {
      await site.deploy();
      assertEquals(await site.pidsOf("serving"), [await site.pidAt()]);
    }
    await until("one daemon is left", () => {
      return site.besidesNginx().length === 1;
    });
    await site.deploy("stop", "--nginx");
    await site.untilProcesses([]);
  });
}

Deno.test("a daemon whose parent ends after the commit is followed", async () => {
  const hook = "after_switch: touch end; " +
    "while kill -0 $(cat parent) 2>/dev/null; do sleep 0.05; done";
  await using site = Site.live({
    start: "exec /usr/bin/python3 daemon.py listens told",
    deploy: [hook],
    files: {
      "daemon.py": DAEMON,
    },
  });
  const { stderr } = await site.deploy();
  const leader = Number(/^web: started (\d+) /m.exec(stderr)?.[1]);
  assert(!isAlive(leader));
  assertEquals(await site.pidsOf("serving"), [await site.pidAt()]);
});

Deno.test("what an instance has left behind that has ended is ended by the next deploy", async () => {
  await using site = Site.live({
    start: "sh run.sh",
    files: {
      "run.sh": `sleep 1000 &\n${serverCommand()}\n`,
    },
  });
  await site.deploy();
  const [server = 0] = await site.pidsOf("serving");
  const before = site.besidesNginx();
  Deno.kill(server, "SIGKILL");
  await until("it has ended", () => !isAlive(server));
  const { stderr } = await site.deploy();
  assertMatch(stderr, new RegExp(`web: ${server} is gone already`));
  assertEquals(before.filter(isAlive), []);
});

/** Becomes a daemon without an environment. */
const TRACELESS = `\
import os, time
def leave():
    if os.fork():
        os._exit(0)
    os.setsid()
port, number = os.environ["PORT"], os.environ["ZDD_NUMBER"]
leave()
time.sleep(0.05)
leave()
os.closerange(0, 100)
os.execve("/usr/bin/python3", ["python3", "serve.py", port, number], {})
`;
const SERVE = `\
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
time.sleep(0.3 * int(sys.argv[2])) # the last one is checked alone
server.serve_forever()
`;

Deno.test("of daemons without a trace that start at once, each is an instance of its own", async () => {
  await using site = Site.live({
    port: "env",
    start: "/usr/bin/python3 daemon.py",
    lines: ["instances: 3"],
    files: { "daemon.py": TRACELESS, "serve.py": SERVE },
  });
  await site.deploy();
  const { services } = JSON.parse(site.read(".zdd/state.json"));
  const current: { process: { pid: number }; roots: { pid: number }[] }[] =
    services.web.current;
  assertEquals(
    current.map(({ roots }) => roots.map(({ pid }) => pid)),
    current.map(({ process }) => [process.pid]),
  );
});
