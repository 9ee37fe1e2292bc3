import { assert, assertEquals, assertMatch } from "@std/assert";
import { freePort } from "../support/free_port.ts";
import type { Site } from "../support/site.ts";
import { hostileServer, hostileSite, rootTest, zddWithin } from "./hostile.ts";

// The service of nobody's names an address where, for some clients at least, root's program
// listens: no request must be passed to that.

/** A server of root's, and what it was asked for. */
class RootServer implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server;

  constructor(address: { hostname: string; port: number } | { path: string }) {
    this.#server = Deno.serve({ ...address, onListen: () => {} }, (request) => {
      this.asked.push(request.url);
      return new Response("v1 1 0\n");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** The next release must fail, and the good one serve on. */
async function assertRefused(site: Site, words: RegExp): Promise<void> {
  const before = await site.pidAt();
  const { code, stderr } = await zddWithin(site, 15);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, words);
  assertEquals(await site.pidAt(), before);
}

/** Listens on another address of the same port, and writes a line. */
function listenBeside(host: string, port: number, line: string): string {
  return `require("node:http").createServer((_, answer) => answer.end("v1 2 0\\n"))
    .listen({ host: "${host}", port: ${port}, ipv6Only: true }, () => {
      fs.writeFileSync("own/" + process.pid + ".port", "${line}\\n");
      fs.writeFileSync("own/web.pid", process.pid + "\\n");
    });`;
}

const BESIDE: { host: string; line: (port: number) => string; says: RegExp }[] =
  [
    { host: "::1", line: (port) => `${port}`, says: /another program listens/ },
    {
      host: "::1",
      line: (port) => `localhost:${port}`,
      says: /another program listens/,
    },
    {
      host: "127.0.0.5",
      line: (port) => `127.0.0.5:${port}`,
      says:
        /nginx\.conf passes requests for web to 127\.0\.0\.1:\d+, but web listens on 127\.0\.0\.5/,
    },
    {
      host: "127.0.0.5",
      line: (port) => `127.1:${port}`,
      says: /expected a port, got "127\.1:/,
    },
    {
      host: "::1",
      line: (port) => `[::1]:${port}`,
      says:
        /nginx\.conf passes requests for web to 127\.0\.0\.1:\d+, but web listens on \[::1\]/,
    },
  ];

for (const { host, line, says } of BESIDE) {
  rootTest(
    `root's 127.0.0.1 gets no traffic of a service on ${host} that writes ${
      line(0)
    }`,
    async () => {
      const port = freePort();
      await using site = hostileSite();
      await site.deploy();
      await using root = new RootServer({ hostname: "127.0.0.1", port });
      site.write(
        "server.cjs",
        hostileServer(listenBeside(host, port, line(port))),
      );
      await assertRefused(site, says);
      assertEquals(root.asked, []);
    },
  );
}

rootTest(
  "the pid of a parent of root's doesn't vouch for a foreign port",
  async () => {
    const port = freePort();
    await using site = hostileSite();
    await site.deploy();
    site.configure({
      port: "file",
      pidFile: "own/web.pid",
      start: "runuser -u nobody -- node server.cjs",
      lines: ["start_timeout: 6"],
    });
    await site.deploy();
    await using root = new RootServer({ hostname: "127.0.0.1", port });
    site.write(
      "server.cjs",
      hostileServer(`
      fs.writeFileSync("own/" + process.ppid + ".port", "${port}\\n");
      fs.writeFileSync("own/web.pid", process.ppid + "\\n");`),
    );
    await assertRefused(site, /another program listens on 127\.0\.0\.1:\d+/);
    assertEquals(root.asked, []);
  },
);

/** Begins as root, goes on as nobody, and names its parent, which is root's, and a port that neither has. */
const DROPS = `\
import os, time
if os.fork() == 0:
    time.sleep(0.5)
    os.setgid(65534)
    os.setuid(65534)
    pid = os.getppid()
    open(f"own/{pid}.port", "w").write("%PORT%\\n")
    open("own/web.pid", "w").write(f"{pid}\\n")
time.sleep(600)
`;

rootTest(
  "a server that began as root doesn't vouch for a foreign port",
  async () => {
    const port = freePort();
    await using site = hostileSite();
    await site.deploy();
    site.write("drops.py", DROPS.replace("%PORT%", String(port)));
    site.configure({
      port: "file",
      pidFile: "own/web.pid",
      start: "python3 drops.py",
      lines: ["start_timeout: 6"],
    });
    await using root = new RootServer({ hostname: "127.0.0.1", port });
    await assertRefused(site, /another program listens on 127\.0\.0\.1:\d+/);
    assertEquals(root.asked, []);
  },
);

rootTest(
  "a socket whose name has a line of /proc/net/unix in it is no other's",
  async () => {
    await using site = hostileSite();
    await site.deploy();
    await using root = new RootServer({ path: site.path("root.sock") });
    Deno.chmodSync(site.path("root.sock"), 0o666);
    // As the kernel prints a socket that listens, with an inode of nobody's.
    site.write(
      "server.cjs",
      hostileServer(`
      const own = fs.readdirSync("/proc/self/fd").map((fd) => {
        try { return fs.readlinkSync("/proc/self/fd/" + fd); } catch { return ""; }
      }).find((link) => link.startsWith("socket:"));
      const inode = own.slice(8, -1);
      const name = "own/x\\na b c 10000 1 1 " + inode + " " +
        process.cwd() + "/root.sock";
      const directory = name.slice(0, name.lastIndexOf("/"));
      fs.mkdirSync(directory, { recursive: true });
      require("node:net").createServer(() => {}).listen(name, () => {
        fs.writeFileSync("own/" + process.pid + ".port",
          "unix:" + process.cwd() + "/root.sock\\n");
        fs.writeFileSync("own/web.pid", process.pid + "\\n");
      });`),
    );
    await assertRefused(site, /another program listens on unix:/);
    assertEquals(root.asked, []);
  },
);

rootTest(
  "a socket that becomes a link to another's after the check is found out",
  async () => {
    await using site = hostileSite();
    site.write(
      "nginx.conf.template",
      site.read("nginx.conf.template").replace("127.0.0.1:{web}", "{web}"),
    );
    const socket = `
    require("node:http").createServer((_, answer) =>
      answer.end("v1 " + process.pid + " 0\\n")).listen("own/" + process.pid + ".sock", () => {
      const path = process.cwd() + "/own/" + process.pid + ".sock";
      fs.chmodSync(path, 0o666);
      fs.writeFileSync("own/" + process.pid + ".port", "unix:" + path + "\\n");
      fs.writeFileSync("own/web.pid", process.pid + "\\n");
      %THEN%
    });`;
    site.write("server.cjs", hostileServer(socket.replace("%THEN%", "")));
    await site.deploy();
    await using root = new RootServer({ path: site.path("root.sock") });
    Deno.chmodSync(site.path("root.sock"), 0o666);
    const exchange = `setTimeout(() => {
    fs.unlinkSync(path);
    fs.symlinkSync(process.cwd() + "/root.sock", path);
  }, 700);`;
    site.write("server.cjs", hostileServer(socket.replace("%THEN%", exchange)));
    // Between the check and the switch.
    site.configure({
      port: "file",
      pidFile: "own/web.pid",
      start: site.read("deploy.conf").match(/^start: (.*)$/m)?.[1],
      deploy: ["before_switch: sleep 1.5"],
      lines: ["start_timeout: 6"],
    });
    await assertRefused(site, /another program listens on unix:/);
    assert(root.asked.length === 0);
  },
);

rootTest("a port file that has become a directory bricks nothing", async () => {
  await using site = hostileSite({
    script: `good();
      const file = "own/" + process.pid + ".port";
      setTimeout(() => {
        fs.unlinkSync(file);
        fs.mkdirSync(file);
        fs.writeFileSync(file + "/x", "");
      }, 1500);`,
  });
  await site.deploy();
  await new Promise((resolve) => setTimeout(resolve, 1800));
  await site.deploy();
  await site.deploy("stop");
  await site.deploy("start");
  // A release that fails after that, too.
  site.write(
    "server.cjs",
    hostileServer(`good();
      const file = "own/" + process.pid + ".port";
      setTimeout(() => {
        fs.unlinkSync(file);
        fs.mkdirSync(file);
        fs.writeFileSync(file + "/x", "");
        process.exit(1);
      }, 300);`),
  );
  site.configure({
    port: "file",
    pidFile: "own/web.pid",
    start: site.read("deploy.conf").match(/^start: (.*)$/m)?.[1],
    deploy: ["before_switch: sleep 1"],
  });
  await assertRefused(site, /didn't stay up/);
});
