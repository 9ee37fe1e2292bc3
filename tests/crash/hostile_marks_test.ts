import { assert, assertEquals, assertMatch } from "@std/assert";
import { environmentOf } from "../../lib/system/process.ts";
import { listeningSockets } from "../../lib/system/sockets.ts";
import { isAlive } from "../support/processes.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";
import { AS_NOBODY, rootTest, zddWithin } from "./hostile.ts";

// Root deploys its own service. Nobody, a user of the same machine, marks a process of his
// as a part of the new instance and listens where that will: he must get no traffic, and
// nobody's processes no signal.

/** Waits for a file before it listens, so that another is faster. */
const SERVER = `\
const http = require("node:http");
const fs = require("node:fs");
const port = Number(process.env.PORT ?? 0);
const timer = setInterval(() => {
  if (!fs.existsSync("go")) return;
  clearInterval(timer);
  http.createServer((_, answer) => answer.end("v1 " + process.pid + " 0\\n"))
    .listen(port, "127.0.0.1");
}, 20);
`;

/** Listens, and says who it is. */
const ATTACKER = `\
const http = require("node:http");
http.createServer((_, answer) => answer.end("stolen\\n"))
  .listen(Number(process.argv[2]), "127.0.0.1");
`;

/** A process of nobody's with the mark of an instance and any variables of it. */
function attack(site: Site, victim: number, port: string): Deno.ChildProcess {
  const [program = "", ...args] = AS_NOBODY.split(" ");
  const names = [
    "ZDD_INSTANCE",
    "ZDD_STATE_DIR",
    "ZDD_SERVICE",
    "ZDD_NUMBER",
    "ZDD_SLOT",
    "PORT",
  ];
  const variables = names.flatMap((name) => {
    const value = environmentOf(victim, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return site.command(
    program,
    ...args,
    "env",
    ...variables,
    "node",
    "attacker.cjs",
    port,
  ).spawn();
}

/** The process of a new instance, as soon as it has its mark. */
async function newProcess(site: Site, before: number[]): Promise<number> {
  let found: number | undefined;
  await until("it is started", () => {
    found = site.processes().find((pid) =>
      !before.includes(pid) &&
      environmentOf(pid, "ZDD_INSTANCE") !== undefined
    );
    return found !== undefined;
  });
  return found ?? 0;
}

function untilListening(pid: number): Promise<void> {
  return until("it listens", () => listeningSockets([pid]).length > 0);
}

async function end(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.output();
}

function siteWith(port: string): Site {
  return Site.live({
    port,
    start: "node server.cjs",
    files: { "server.cjs": SERVER, "attacker.cjs": ATTACKER, go: "" },
  });
}

rootTest(
  "a marked process of nobody's on the new instance's port gets no traffic",
  async () => {
    await using site = siteWith("env");
    await site.deploy();
    const before = await site.pidAt();
    const processes = site.processes();
    Deno.removeSync(site.path("go"));
    const deploy = zddWithin(site, 20);
    const victim = await newProcess(site, processes);
    let port: string | undefined; // nothing while it replaces the shell
    await until("its port is known", () => {
      port = environmentOf(victim, "PORT");
      return port !== undefined;
    });
    const attacker = attack(site, victim, port ?? "");
    await untilListening(attacker.pid);
    site.write("go", "");
    const { code, stderr } = await deploy;
    const who = `instance ${victim}, attacker ${attacker.pid}`;
    assertEquals(code, 1, `${stderr}\n${who}`);
    assertMatch(stderr, /another program listens on|ended with exit status/);
    assertEquals(await site.pidAt(), before);
    assert(isAlive(attacker.pid), "nobody's process was signalled");
    await end(attacker);
  },
);

rootTest(
  "a marked process of nobody's is no port that is detected",
  async () => {
    await using site = siteWith("detect");
    await site.deploy();
    const processes = site.processes();
    Deno.removeSync(site.path("go"));
    const deploy = zddWithin(site, 20);
    const victim = await newProcess(site, processes);
    const attacker = attack(site, victim, "0");
    await untilListening(attacker.pid);
    site.write("go", "");
    const { code, stderr } = await deploy;
    assertEquals(code, 0, stderr);
    assertEquals(await site.pidAt(), victim);
    await site.deploy("stop");
    assert(isAlive(attacker.pid), "nobody's process was signalled");
    await end(attacker);
  },
);

rootTest(
  "a marked process of nobody's keeps no stopped instance alive, and is not adopted",
  async () => {
    await using site = siteWith("detect");
    await site.deploy();
    const pid = await site.pidAt();
    const attacker = attack(site, pid, "0");
    await until(
      "it listens",
      () => listeningSockets([attacker.pid]).length > 0,
    );
    Deno.writeTextFileSync(site.path(".zdd/state.json"), "{");
    const { stderr } = await site.deploy("start");
    assertMatch(stderr, new RegExp(`found ${pid} on `));
    assert(!stderr.includes(String(attacker.pid)), stderr);
    assertEquals(await site.pidAt(), pid);
    const { stderr: stopped } = await site.deploy("stop");
    assert(!stopped.includes("warning"), stopped);
    assert(!isAlive(pid), "it still runs");
    assert(isAlive(attacker.pid), "nobody's process was signalled");
    await end(attacker);
  },
);
