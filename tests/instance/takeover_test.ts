import { assert, assertEquals } from "@std/assert";
import { childrenOf } from "../../lib/system/children.ts";
import { identify } from "../../lib/system/process.ts";
import { findRunning } from "../../lib/instance/takeover.ts";
import { Child } from "../system/child.ts";
import { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";

/** A directory whose files say that this very process listens there. */
class Found extends TempDir {
  readonly #listener: Deno.TcpListener;

  constructor(pidFile = "web.pid", hostname = "127.0.0.1") {
    super();
    this.#listener = Deno.listen({ hostname, port: 0 });
    this.write(pidFile, `${Deno.pid}\n`);
    this.write(`${Deno.pid}.port`, `${this.port}\n`);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  hangUp(): void {
    this.#listener.close();
  }

  override [Symbol.dispose](): void {
    try {
      this.#listener.close();
    } catch { /* closed already */ }
    super[Symbol.dispose]();
  }
}

Deno.test("findRunning() finds the process of the pid file that listens on its port", () => {
  using directory = new Found();
  const [found] = findRunning(serviceIn(directory));
  assertEquals(found?.process, identify(Deno.pid));
  assertEquals(found?.address, `127.0.0.1:${directory.port}`);
  assertEquals([found?.service, found?.number], ["web", 1]);
  assertEquals(found?.pidFile, directory.join("web.pid"));
  assertEquals(found?.portFile, directory.join(`${Deno.pid}.port`));
  assertEquals(found?.log, directory.join("web.log"));
  const age = Date.now() - Date.parse(found?.startedAt ?? "");
  assert(Math.abs(age) < 3_600_000, String(age));
});

Deno.test("findRunning() finds the one that the Python zdd had noted", () => {
  using directory = new Found("web.current.pid");
  assertEquals(findRunning(serviceIn(directory))[0]?.process.pid, Deno.pid);
});

Deno.test("findRunning() goes on to the current pid file if the pid file names nobody", () => {
  for (const text of ["", "nonsense", "4194304"]) {
    using directory = new Found("web.current.pid");
    directory.write("web.pid", text);
    assertEquals(findRunning(serviceIn(directory))[0]?.process.pid, Deno.pid);
  }
});

Deno.test("findRunning() finds a server on a unix socket and on every address", () => {
  using directory = new Found("web.pid", "0.0.0.0");
  assertEquals(
    findRunning(serviceIn(directory))[0]?.address,
    `127.0.0.1:${directory.port}`,
  );
  const path = directory.join("s");
  using _ = Deno.listen({ transport: "unix", path });
  directory.write(`${Deno.pid}.port`, `unix:${path}`);
  assertEquals(findRunning(serviceIn(directory))[0]?.address, `unix:${path}`);
});

Deno.test("findRunning() finds a master whose child has the socket", async () => {
  using directory = new TempDir();
  await using master = Child.run(
    "/bin/sh",
    "-c",
    `node -e 'require("http").createServer().listen(0, "127.0.0.1",
      function () { require("fs").writeFileSync(process.argv[1],
        String(this.address().port)) })' ${directory.join("port")} & wait`,
  );
  directory.write("web.pid", String(master.pid));
  const start = Date.now();
  while (!directory.names().includes("port") || directory.read("port") === "") {
    if (Date.now() - start > 20_000) throw new Error("no port");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const port = directory.read("port");
  directory.write(`${master.pid}.port`, port);
  const [found] = findRunning(serviceIn(directory));
  assertEquals(found?.process, master.process);
  assertEquals(found?.address, `127.0.0.1:${port}`);
  for (const child of childrenOf(master.pid)) Deno.kill(child.pid, "SIGKILL");
});

Deno.test("findRunning() finds nobody where the number says nothing", async () => {
  await using child = Child.idle();
  using directory = new Found();
  const service = serviceIn(directory);
  // A process that runs, but isn't the one that listens.
  directory.write("web.pid", String(child.pid));
  directory.write(`${child.pid}.port`, String(directory.port));
  assertEquals(findRunning(service), []);
});

Deno.test("findRunning() finds nobody without a port file, or behind a stale one", () => {
  using directory = new Found();
  const service = serviceIn(directory);
  directory.hangUp();
  assertEquals(findRunning(service), [], "nobody listens");
  directory.write(`${Deno.pid}.port`, "soon");
  assertEquals(findRunning(service), [], "nonsense");
  Deno.removeSync(directory.join(`${Deno.pid}.port`));
  assertEquals(findRunning(service), [], "no port file");
  Deno.removeSync(directory.join("web.pid"));
  assertEquals(findRunning(service), [], "no pid file");
});

Deno.test("findRunning() looks for each of several instances", () => {
  using directory = new Found("web-2.pid");
  const pidFile = directory.join("web-{instance}.pid");
  const service = serviceIn(directory, { instances: 3, pidFile });
  const found = findRunning(service);
  assertEquals(found.map(({ number }) => number), [2]);
  assertEquals(found[0]?.pidFile, directory.join("web-2.pid"));
});

Deno.test("findRunning() finds nobody where there is no pid file to look into", () => {
  using directory = new Found();
  const service = serviceIn(directory, { port: "env", pidFile: undefined });
  assertEquals(findRunning(service), []);
});
