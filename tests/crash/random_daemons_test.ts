import { assert, assertEquals } from "@std/assert";
import { markOf } from "../../lib/system/instance_mark.ts";
import {
  identify,
  isRunning,
  type ProcessId,
} from "../../lib/system/process.ts";
import { printMessage } from "../../lib/cli/output.ts";
import { DAEMONS, daemonSite, isInstalled } from "../support/daemons.ts";
import { Load } from "../support/load.ts";
import type { Site } from "../support/site.ts";
import { Mutator } from "../fuzz/mutator.ts";

// Servers of all kinds, one after the other on the same site, each deployed, perhaps more
// than once, killed, rolled back or stopped while clients ask: nothing of them is left at
// the end, and nobody else's process is signalled.

const seed = Number(
  Deno.env.get("ZDD_SEED") ?? Math.floor(Math.random() * 2 ** 32),
);
const rounds = Number(Deno.env.get("ZDD_CASES") ?? 3);

/** Processes that have nothing to do with the site, as far as anybody can tell. */
class Bystanders implements AsyncDisposable {
  readonly #children: Deno.ChildProcess[];
  readonly #processes: ProcessId[];

  /** Some in sessions of their own, and one with the mark of another instance. */
  constructor() {
    const commands = [
      ["sleep", "600"],
      ["setsid", "sleep", "600"],
      ["env", "ZDD_INSTANCE=web-20200101T000000-abcdef", "sleep", "600"],
      [
        "env",
        "-i",
        "/usr/bin/node",
        "-e",
        "require('http').createServer().listen(0)",
      ],
    ];
    this.#children = commands.map(([program = "", ...args]) =>
      new Deno.Command(program, {
        args,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn()
    );
    this.#processes = this.#children.flatMap(({ pid }) => identify(pid) ?? []);
  }

  assertUntouched(): void {
    for (const process of this.#processes) {
      assert(isRunning(process), `${process.pid} was signalled`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      try {
        child.kill("SIGKILL");
      } catch { /* gone */ }
      await child.status;
    }
  }
}

const KINDS = Object.entries(DAEMONS).filter(([, { needs }]) =>
  needs.every(isInstalled)
);

Deno.test(`servers of all kinds leave nothing and harm nobody (ZDD_SEED=${seed} ZDD_CASES=${rounds})`, async () => {
  const mutator = new Mutator(seed);
  await using bystanders = new Bystanders();
  for (let round = 0; round < rounds; round++) {
    const [kind, daemon] = mutator.pick(KINDS);
    const acts = Array.from(
      { length: 2 + mutator.below(3) },
      () => mutator.pick(["deploy", "fail", "kill", "start", "rollback"]),
    );
    const what = `round ${round}: ${kind}: ${acts.join(", ")}`;
    printMessage(what);
    await using site = daemonSite(daemon, [
      "kill_after: 15",
      ...mutator.pick([[], ["standby: yes"]]),
    ]);
    await site.deploy();
    await using load = daemon.isHttp
      ? await Load.start({
        url: `http://127.0.0.1:${site.port}/`,
        clients: 3,
        pause: 20,
        methods: ["GET"],
        timeout: 60_000,
      })
      : undefined;
    for (const act of acts) await perform(site, act);
    const result = await load?.stop();
    const killed = acts.includes("kill");
    if (result !== undefined && !killed) {
      assertEquals(result.failures.slice(0, 2), [], what);
    }
    await site.deploy("stop");
    assertEquals(site.besidesNginx().map(markOf), [], what);
    bystanders.assertUntouched();
  }
});

async function perform(site: Site, act: string): Promise<void> {
  if (act === "fail") {
    const conf = site.read("deploy.conf");
    site.write(
      "deploy.conf",
      conf.replace("[deploy]", "[deploy]\nbefore_switch: false"),
    );
    assertEquals((await site.zdd()).code, 1);
    site.write("deploy.conf", conf);
  } else if (act === "kill") {
    for (const pid of await site.pidsOf("serving")) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch { /* gone */ }
    }
  } else if (act === "rollback") {
    await site.zdd("rollback"); // there may be no standby
  } else {
    await site.deploy(act);
  }
}
