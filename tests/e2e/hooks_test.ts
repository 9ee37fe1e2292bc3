import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { until } from "../support/until.ts";

const HOOKS = [
  "before_start",
  "before_switch",
  "after_switch",
  "after_deploy",
  "on_failure",
];

/** Every hook with this command. */
function all(command: string): string[] {
  return HOOKS.map((hook) => `${hook}: ${command}`);
}

/** What a hook of `env >ZDD_HOOK.env` has been told. */
function told(site: Site, hook: string): Record<string, string> {
  const lines = site.read(`${hook}.env`).split("\n");
  return Object.fromEntries(
    lines.filter((line) => line.startsWith("ZDD_")).map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name, value.join("=")];
    }),
  );
}

Deno.test("hooks run in their order, are told what happens, and their words are shown", async () => {
  await using site = Site.live();
  await site.deploy();
  const old = await site.pidAt();
  site.configure({
    deploy: all(
      'echo $ZDD_HOOK >>order; env >$ZDD_HOOK.env; echo "it is $ZDD_HOOK"',
    ),
  });
  const { stderr } = await site.deploy("deploy", "--release", "r-2");
  const pid = await site.pidAt();
  const ran = HOOKS.slice(0, 4);
  assertEquals(site.read("order"), ran.map((hook) => `${hook}\n`).join(""));
  const moments = [
    "it is before_start",
    `web: started ${pid} `,
    "it is before_switch",
    `web: switched to ${pid}`,
    "it is after_switch",
    `web: stopped ${old} `,
    "it is after_deploy",
  ].map((text) => stderr.indexOf(text));
  assert(!moments.includes(-1), stderr);
  assertEquals(moments, moments.toSorted((a, b) => a - b));

  for (const hook of ran) {
    const variables = told(site, hook);
    const { ZDD_HOOK, ZDD_COMMAND, ZDD_CONF, ZDD_STATE_DIR } = variables;
    const { ZDD_SERVICES, ZDD_RELEASE, ZDD_ERROR } = variables;
    assertEquals([ZDD_HOOK, ZDD_COMMAND, ZDD_CONF, ZDD_STATE_DIR], [
      hook,
      "deploy",
      site.path("deploy.conf"),
      site.path(".zdd"),
    ]);
    assertEquals([ZDD_SERVICES, ZDD_RELEASE, ZDD_ERROR], ["web", "r-2", ""]);
  }
  // Before the start, who serves; from then on, who is about to.
  assertEquals(
    ran.map((hook) => Number(told(site, hook).ZDD_PID_WEB)),
    [old, pid, pid, pid],
  );
  assertMatch(
    told(site, "before_switch").ZDD_ADDRESS_WEB ?? "",
    /^127\.0\.0\.1:\d+$/,
  );
});

Deno.test("a new instance answers at the address that before_switch is told", async () => {
  await using site = Site.live();
  site.configure({
    deploy: [
      "before_switch: curl -fsS http://$ZDD_ADDRESS_WEB/ >answer",
    ],
  });
  await site.deploy();
  assertEquals(site.read("answer").split(" ")[1], String(await site.pidAt()));
});

for (const hook of ["before_start", "before_switch"]) {
  Deno.test(`a ${hook} that fails fails the deploy before the switch`, async () => {
    await using site = Site.live();
    await site.deploy();
    const before = site.processes();
    const link = Deno.readLinkSync(site.path(".zdd/live/slots:web"));
    site.configure({
      deploy: [
        `${hook}: echo "the migration failed" >&2; exit 7`,
        'on_failure: echo "$ZDD_HOOK: $ZDD_ERROR" >failure; env >on_failure.env',
      ],
    });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1);
    assertMatch(
      stderr,
      new RegExp(`zddeploy: ${hook} failed: .*exit status 7`),
    );
    assertMatch(stderr, /the migration failed/);
    assertEquals(/web: started/.test(stderr), hook === "before_switch");
    assertMatch(
      site.read("failure"),
      new RegExp(`^on_failure: ${hook} failed: `),
    );
    // Who serves, and not who should have.
    assertEquals(
      Number(told(site, "on_failure").ZDD_PID_WEB),
      await site.pidAt(),
    );
    await site.untilProcesses(before);
    assertEquals(Deno.readLinkSync(site.path(".zdd/live/slots:web")), link);
  });
}

Deno.test("after_switch and after_deploy that fail are reported and change nothing", async () => {
  await using site = Site.live();
  await site.deploy();
  const old = await site.pidAt();
  site.configure({
    deploy: [
      "after_switch: exit 3",
      "after_deploy: no-such-command",
      "on_failure: touch failed",
    ],
  });
  const { stdout, stderr } = await site.deploy("--json");
  assert(await site.pidAt() !== old);
  assertEquals(isAlive(old), false);
  assertEquals(site.exists("failed"), false);
  assertMatch(stderr, /after_switch failed: "exit 3" ended with exit status 3/);
  assertMatch(stderr, /after_deploy failed: .*exit status 127/);
  const { changed, warnings } = JSON.parse(stdout);
  assertEquals(changed, true);
  assertEquals(warnings.length, 2);
  assertMatch(warnings[0], /after_switch failed/);
});

Deno.test("a hook of several lines ends at the first that fails", async () => {
  await using site = Site.live();
  site.configure({
    deploy: ["before_start: echo one", "  false", "  touch reached"],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(stderr, /before_start: one/);
  assertEquals(site.exists("reached"), false);
  await site.untilProcesses([]);
});

Deno.test("a hook that leaves a daemon behind, which holds its output, doesn't hold up zdd", async () => {
  await using site = Site.live();
  site.configure({
    deploy: ["after_switch: sleep 1000 & echo $! >daemon"],
  });
  await site.deploy();
  await site.deploy();
  const daemon = Number(site.read("daemon"));
  assertEquals(isAlive(daemon), true);
  // It is none of the instance's: that it goes on is what was asked for.
  await site.deploy("stop", "--nginx");
  assertEquals(isAlive(daemon), true);
});

Deno.test("SIGINT during a hook ends all of the hook, and undoes the deploy", async () => {
  await using site = Site.live();
  await site.deploy();
  const [before] = site.servers();
  site.configure({
    deploy: ["before_switch: touch reached; sleep 1000; touch over"],
  });
  const deploy = site.zddCommand().spawn();
  await until("the hook runs", () => site.exists("reached"));
  deploy.kill("SIGINT");
  const { code } = await deploy.output();
  assertEquals(code, 1);
  await site.untilProcesses([before ?? 0, ...site.nginx()]);
  assertEquals(site.exists("over"), false);
});
