import { assertEquals, assertMatch } from "@std/assert";
import { INSTANCE_VARIABLE } from "../../lib/system/instance_mark.ts";
import { allPids, environmentOf } from "../../lib/system/process.ts";
import { serviceSection } from "../support/project.ts";
import { Site } from "../support/site.ts";

/** When it is told to end, it goes on in children of children, each in a new session. */
const SERVER = `\
import os, random, signal, socket, sys, time
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
def end(*_):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if os.fork() > 0: os._exit(0)
    server.close()
    for _ in range(random.randint(1, 6)):
        if os.getpid() != os.getsid(0): os.setsid()
        time.sleep(random.random() * 0.06)
        if os.fork() > 0: os._exit(0)
    time.sleep(60)
signal.signal(signal.SIGTERM, end)
while True:
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nv1 %d 0\\n" % os.getpid())
    client.close()
`;

Deno.test("services that go on in others when they are stopped side by side are all ended", async () => {
  const names = Array.from({ length: 16 }, (_, i) => `s${i}`);
  await using site = Site.live({
    services: ["web", ...names].map((name) =>
      serviceSection({
        ...{ name, port: "env", start: "python3 server.py" },
        lines: ["kill_after: 3"],
      })
    ),
    files: { "server.py": SERVER },
  });
  await site.deploy();
  const { stderr } = await site.deploy("stop");
  for (const name of names) {
    assertMatch(stderr, new RegExp(`^${name}: (?:stopped|killed) `, "m"));
  }
  const marks = allPids().filter((pid) =>
    environmentOf(pid, INSTANCE_VARIABLE) !== undefined &&
    environmentOf(pid, "ZDD_STATE_DIR") === site.path(".zdd")
  );
  assertEquals(marks, []);
});
