import { dirname, join } from "@std/path";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deployRelease } from "../../lib/deploy/change/release.ts";
import { dryRun } from "../../lib/deploy/change/dry_run.ts";
import { startMissing } from "../../lib/deploy/change/start_missing.ts";
import { stop } from "../../lib/deploy/change/stop.ts";
import {
  abort,
  promote,
  rollback,
  shareCanary,
} from "../../lib/deploy/change/traffic.ts";
import { checkProject } from "../../lib/deploy/look/check_project.ts";
import { openRun } from "../../lib/deploy/run.ts";
import { status } from "../../lib/deploy/look/status.ts";
import { ExitStatus, ZddError } from "../../lib/error.ts";
import { readHistory } from "../../lib/state/history.ts";
import { Journal } from "../../lib/state/journal.ts";
import { exists } from "../../lib/system/files.ts";
import { identify } from "../../lib/system/process.ts";
import { until } from "../support/until.ts";
import { Rig, type RigOptions } from "./rig.ts";

/** A server that closes its listener, and runs on, when a file `close` appears. */
const CLOSING = `\
import os, socket, time
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while not os.path.exists("close"):
    time.sleep(0.02)
server.close()
time.sleep(600)
`;

/** A test whose instances outlive the calls that start them. */
function test(name: string, body: () => Promise<void>): void {
  Deno.test({ name, fn: body, sanitizeOps: false, sanitizeResources: false });
}

const deploy = (rig: Rig, options = {}) =>
  deployRelease(rig.project, { ...rig.options(), ...options });

const isRunning = (pid = 0) => identify(pid) !== undefined;

for (const isLive of [true, false]) {
  const kind = isLive ? "live" : "reload";
  const switched = isLive ? "switched" : "reloaded";

  test(`a deploy is its ten steps, in their order (${kind})`, async () => {
    await using rig = new Rig(isLive);
    const first = await deploy(rig, { release: "1" });
    const [old] = rig.serving;
    assertEquals([first.changed, first.nginx.action], [true, "started"]);
    assertEquals(first.services[0]?.previous, []);
    assertEquals(first.warnings, []);

    const { changed, nginx, services, ms } = await deploy(rig, {
      release: "2",
    });
    const [pid] = rig.serving;
    assert(pid !== old && isRunning(pid) && !isRunning(old));
    assertEquals([changed, nginx.action], [true, switched]);
    assertEquals(services.map(({ name }) => name), ["web"]);
    assertEquals(services[0]?.current.map(({ release }) => release), ["2"]);
    assertEquals(services[0]?.previous, [
      { service: "web", pid: old ?? 0, state: "stopped" },
    ]);
    assert(ms > 0);
    assertEquals(rig.web.retiring, []);
    assertEquals(
      rig.events.filter((event) => !event.startsWith("run")).map((event) =>
        event.replace(/ on .*| \/.*/, "")
      ),
      [
        "lock zdd: locked",
        "start web: started N",
        ...isLive ? [] : ["render nginx: rendered and tested"],
        isLive ? "switch web: switched to N" : "switch nginx: reloaded N",
        "drain web: drained N",
        "stop web: stopped N",
      ],
    );
    assert(!exists(rig.directory.journal));
    assertEquals(await rig.get(), 200);
    assertEquals(
      readHistory(rig.directory, 9).map(({ command, release, result }) =>
        `${command} ${release} ${result}`
      ),
      ["deploy 1 done", "deploy 2 done"],
    );
    // The same once more is nothing to do.
    const again = await deploy(rig, { release: "2" });
    assertEquals([again.changed, again.nginx.action], [false, "unchanged"]);
    assertEquals(rig.serving, [pid]);
  });

  test(`what fails before the commit is undone (${kind})`, async () => {
    await using rig = new Rig(isLive);
    await deploy(rig);
    const [old] = rig.serving;
    const conf = rig.read("nginx.conf");
    const template = rig.read("nginx.conf.template");
    const failures: [RigOptions, RegExp, string?][] = [
      [{ start: "exit 7" }, /ended with exit status 7/],
      [{ deploy: ["before_start: exit 3"] }, /before_start failed: .* 3$/],
      [{ deploy: ["before_switch: exit 3"] }, /before_switch failed: .* 3$/],
      [{}, /nginx refuses/, template.replace("events", "nonsense")],
      [
        {
          deploy: [
            "verify: http://127.0.0.1:1/",
            "verify_timeout: 0.2",
            'on_failure: echo "$ZDD_ERROR" >failure',
          ],
        },
        /didn't succeed/,
      ],
    ];
    for (const [options, message, changed = template] of failures) {
      rig.write("nginx.conf.template", changed);
      rig.configure(options);
      const error = await assertRejects(() => deploy(rig), ZddError);
      assertMatch(error.message, message);
      assertEquals(error.exitStatus, ExitStatus.failed, error.message);
      assertEquals(rig.serving, [old]);
      assertEquals(rig.web.retiring, []);
      assertEquals(rig.read("nginx.conf"), conf);
      assert(!exists(rig.directory.journal));
      assertEquals(await rig.get(), 200, error.message);
      assert(
        rig.events.includes(
          "undo zdd: undone: the old release keeps serving",
        ),
      );
      assertMatch(readHistory(rig.directory, 1)[0]?.error ?? "", message);
    }
    assertMatch(rig.read("failure"), /didn't succeed/);
    rig.configure();
    const { nginx } = await deploy(rig);
    assertEquals(nginx.action, isLive ? "switched" : "reloaded");
  });

  test(`what a deploy that died has left is undone (${kind})`, async () => {
    await using rig = new Rig(isLive);
    await deploy(rig);
    const { serving } = rig;
    const conf = rig.read("nginx.conf");
    const journal = Journal.begin(rig.directory, []);
    journal.recordConf({
      path: rig.path("nginx.conf"),
      text: conf,
      workers: [],
    });
    rig.write("nginx.conf", "nonsense");
    await startMissing(rig.project, rig.options());
    assertEquals(rig.read("nginx.conf"), conf);
    assert(rig.events.some((event) => event.startsWith("recover zdd: undid")));
    assert(!exists(rig.directory.journal));
    assertEquals(rig.serving, serving);
    assertEquals(await rig.get(), 200);
  });
}

test("a canary comes, grows, is promoted, and the next one goes", async () => {
  await using rig = new Rig();
  for (
    const refused of [
      () => shareCanary(rig.project, 5, rig.options()),
      () => promote(rig.project, rig.options()),
      () => abort(rig.project, rig.options()),
    ]
  ) {
    await assertRejects(refused, ZddError, "There is no canary");
  }
  await assertRejects(
    () => deploy(rig, { canary: 10 }),
    ZddError,
    "no instance of it serves yet",
  );
  await deploy(rig);
  const [first] = rig.serving;
  const { services } = await deploy(rig, { canary: 10 });
  assertEquals(services[0]?.canary?.percent, 10);
  assert(rig.events.some((event) => /gets N % of the requests/.test(event)));
  const [canary] = rig.web.canary?.instances ?? [];
  await assertRejects(() => deploy(rig), ZddError, "A canary of web gets 10 %");
  await shareCanary(rig.project, 60, rig.options());
  assertEquals(rig.web.canary?.percent, 60);
  assertEquals(rig.serving, [first]);
  await promote(rig.project, rig.options());
  assertEquals(rig.serving, [canary?.process.pid]);
  assert(!isRunning(first));
  assertEquals(rig.web.canary, undefined);

  await deploy(rig, { canary: 10 });
  const [second] = rig.web.canary?.instances ?? [];
  await abort(rig.project, rig.options());
  assertEquals(rig.serving, [canary?.process.pid]);
  assert(!isRunning(second?.process.pid));
  await deploy(rig, { canary: 10 });
  const [third] = rig.web.canary?.instances ?? [];
  Deno.kill(third?.process.pid ?? 0, "SIGKILL");
  await until("it has ended", () => !isRunning(third?.process.pid));
  await assertRejects(
    () => promote(rig.project, rig.options()),
    ZddError,
    `The canary ${third?.process.pid} of web has ended`,
  );
  await startMissing(rig.project, rig.options());
  assertEquals(rig.web.canary?.instances.length, 1);
});

test("a rollback exchanges current and standby, and needs one that runs", async () => {
  await using rig = new Rig();
  await deploy(rig);
  await assertRejects(
    () => rollback(rig.project, rig.options()),
    ZddError,
    "There is no standby",
  );
  rig.configure({ lines: ["standby: yes"] });
  const [first] = rig.serving;
  await deploy(rig);
  const [second] = rig.serving;
  assert(isRunning(first) && isRunning(second));
  await rollback(rig.project, rig.options());
  assertEquals(rig.serving, [first]);
  await rollback(rig.project, rig.options());
  assertEquals(rig.serving, [second]);
  Deno.kill(first ?? 0, "SIGKILL");
  await until("it has ended", () => !isRunning(first));
  await assertRejects(
    () => rollback(rig.project, rig.options()),
    ZddError,
    `The standby instance ${first} of web has ended`,
  );
});

test("start starts what is missing, nginx too, and nothing else", async () => {
  await using rig = new Rig();
  rig.configure({ lines: ["instances: 2"] });
  const first = await startMissing(rig.project, rig.options());
  assertEquals([first.changed, first.nginx.action], [true, "started"]);
  const [one, two] = rig.serving;
  const again = await startMissing(rig.project, rig.options());
  assertEquals(again.changed, false);
  assertEquals(status(rig.project).ok, true);

  Deno.kill(one ?? 0, "SIGKILL");
  const dead = status(rig.project);
  assertEquals(dead.ok, false);
  assertEquals(
    dead.services[0]?.instances.map(({ state }) => state),
    ["dead", "serving"],
  );
  await startMissing(rig.project, rig.options());
  assertEquals(rig.serving.length, 2);
  assertEquals(rig.serving[1], two);
  assert(isRunning(rig.serving[0]) && rig.serving[0] !== one);
});

test("stop ends services of a name, those that left deploy.conf, and nginx", async () => {
  await using rig = new Rig();
  const api =
    "[service:api]\nport: env\nstart: busybox httpd -f -p 127.0.0.1:{port}";
  rig.configure({ sections: api });
  await deploy(rig);
  const { api: own } = rig.state.services;
  const pid = own?.current[0]?.process.pid;
  rig.configure();
  const { warnings } = await deploy(rig);
  assertMatch(warnings.join(), /api isn't in deploy.conf any more/);
  assertMatch(status(rig.project).notes.join(), /api isn't in deploy.conf/);
  await assertRejects(
    () => stop(rig.project, { ...rig.options(), services: ["apo"] }),
    ZddError,
    'There is no service "apo"',
  );
  const one = await stop(rig.project, { ...rig.options(), services: ["api"] });
  assertEquals(one.services, [
    { service: "api", pid: pid ?? 0, state: "stopped" },
  ]);
  assertEquals([one.changed, one.nginx], [true, undefined]);
  assertEquals(rig.serving.length, 1);
  const all = await stop(rig.project, { ...rig.options(), nginx: true });
  assertEquals(all.nginx?.state, "stopped");
  assertEquals(all.services.length, 1);
  assertEquals(rig.project.nginx.master(), undefined);
  const none = await stop(rig.project, rig.options());
  assertEquals(none.changed, false);
  assertEquals(
    readHistory(rig.directory, 9).map(({ command }) => command),
    ["deploy", "deploy", "stop", "stop"],
  );
});

test("what doesn't end is told, and stopped no second time", async () => {
  await using rig = new Rig();
  const start =
    `sh -c 'trap "" TERM; busybox httpd -f -p 127.0.0.1:{port}; sleep 60'`;
  rig.configure({ start, lines: ["stop_timeout: 0.3", "stop: true"] });
  await deploy(rig);
  const [old] = rig.serving;
  rig.configure({ lines: ["stop_timeout: 0.3", "stop: true"] });
  const { services, warnings } = await deploy(rig);
  assertEquals(services[0]?.previous, [
    { service: "web", pid: old ?? 0, state: "stopping" },
  ]);
  assertMatch(warnings.join("\n"), /still runs 300 ms after "true"/);
  assertEquals(rig.web.retiring.map(({ stopSent }) => stopSent), [true]);
  const stopping = status(rig.project).services[0]?.instances;
  assertEquals(stopping?.map(({ state }) => state), ["serving", "stopping"]);
  Deno.kill(old ?? 0, "SIGKILL");
});

test("a dry run tells what would be done, and does none of it", async () => {
  await using rig = new Rig();
  const first = await dryRun(rig.project, {});
  assertEquals([first.changed, first.nginx.action], [true, "started"]);
  assertEquals(first.services, [
    { name: "web", starts: 1, replaces: [], stops: [] },
  ]);
  await deploy(rig, { release: "1" });
  const { serving } = rig;
  const next = await dryRun(rig.project, { release: "2" });
  assertEquals(next.nginx.action, "switched");
  assertEquals(next.services, [
    { name: "web", starts: 1, replaces: serving, stops: [] },
  ]);
  const same = await dryRun(rig.project, { release: "1" });
  assertEquals([same.changed, same.nginx.action], [false, "unchanged"]);
  assertMatch(same.services[0]?.why ?? "", /release 1 serves already/);
  const canary = await dryRun(rig.project, { shares: [5] });
  assertEquals(canary.services[0]?.replaces, []);
  rig.write("nginx.conf.template", rig.read("nginx.conf.template") + "\n");
  assertEquals((await dryRun(rig.project, {})).nginx.action, "reloaded");
  assertEquals(rig.serving, serving);
});

test("hooks that succeed are told who serves, and change nothing", async () => {
  await using rig = new Rig();
  const hooks = ["before_start", "before_switch", "after_switch"];
  const says = '>>told echo "$ZDD_HOOK $ZDD_COMMAND $ZDD_RELEASE $ZDD_PID_WEB"';
  rig.configure({
    deploy: [...hooks, "after_deploy"].map((hook) => `${hook}: ${says}`),
  });
  const { warnings } = await deploy(rig, { release: "41" });
  assertEquals(warnings, []);
  const [pid] = rig.serving;
  assertEquals(rig.read("told").trimEnd().split("\n"), [
    "before_start deploy 41 ",
    ...["before_switch", "after_switch", "after_deploy"]
      .map((hook) => `${hook} deploy 41 ${pid}`),
  ]);
  assertMatch(rig.read(".zdd/log/hooks.log"), /^2\S+Z before_start$/m);
  rig.configure({ deploy: ["after_switch: echo no; exit 3"] });
  const told = await deploy(rig);
  assertMatch(told.warnings.join(), /after_switch failed: .* exit status 3/);
  assertEquals(rig.serving.length, 1);
});

test("check tells of programs that aren't there, and lets nginx test what would be rendered", async () => {
  await using rig = new Rig();
  rig.configure({ lines: ["stop: no-such-program --now"] });
  const { nginxTested, warnings } = await checkProject(rig.project);
  assertEquals(nginxTested, true);
  assertEquals(warnings.filter((warning) => /no program/.test(warning)), [
    '[service:web] stop: no program "no-such-program"',
  ]);
  rig.configure({ lines: ["stop: $(no-such) && $HOME/stop"] });
  const { warnings: none } = await checkProject(rig.project);
  assertEquals(none.filter((warning) => /no program/.test(warning)), []);
  const template = rig.read("nginx.conf.template");
  rig.write("nginx.conf.template", template.replace("events", "nonsense"));
  await assertRejects(
    () => checkProject(rig.project),
    ZddError,
    "nginx refuses",
  );
  assert(!exists(rig.path("nginx.conf")));
});

test("what an ordinary deploy needs is checked before anything is done", async () => {
  await using rig = new Rig();
  await deploy(rig);
  Journal.begin(rig.directory, []);
  const { warnings } = await dryRun(rig.project, {});
  assertMatch(warnings.join(), /a deploy is running, or was killed/);
  assertMatch(
    status(rig.project).notes.join(),
    /a deploy is running, or was killed/,
  );
  const classic = rig.read("nginx.conf.template")
    .replace(/<%= it.live.(choose|upstreams)[^>]*%>/g, "")
    .replace(/<%= it.live.pass[^>]*%>/, "proxy_pass http://127.0.0.1:{web};");
  rig.write("nginx.conf.template", classic);
  await deploy(rig);
  const error = await assertRejects(() => deploy(rig, { canary: 5 }), ZddError);
  assertMatch(error.message, /web cannot have a canary: the template doesn't/);
  assertEquals(error.exitStatus, ExitStatus.usage);
});

test("one deploy at a time has the lock", async () => {
  await using rig = new Rig();
  {
    using _run = await openRun("deploy", rig.project, rig.options());
    const error = await assertRejects(() => deploy(rig), ZddError);
    assertEquals(error.exitStatus, ExitStatus.locked);
  }
  await deploy(rig);
  assertEquals(rig.serving.length, 1);
});

test("a state that is lost is made anew of what runs", async () => {
  await using rig = new Rig();
  await deploy(rig);
  const { serving } = rig;
  Deno.writeTextFileSync(rig.directory.state, "damaged");
  const { warnings } = await startMissing(rig.project, rig.options());
  assertMatch(warnings.join(), /is damaged/);
  assertEquals(rig.serving, serving);
  assertEquals(rig.web.current[0]?.slot, "a");
  assert(rig.events.some((event) => /^recover web: found N/.test(event)));
});

test("log/NAME.log leads to the log of the one that serves", async () => {
  await using rig = new Rig();
  await deploy(rig);
  const link = rig.path(".zdd/log/web.log");
  const leadsTo = () => join(dirname(link), Deno.readLinkSync(link));
  const { log } = rig.web.current[0] ?? {};
  assertEquals(leadsTo(), log);
  rig.configure({ start: "exit 7" });
  await assertRejects(() => deploy(rig), ZddError);
  assertEquals(leadsTo(), log);
  rig.configure();
  await deploy(rig, { release: "2" });
  assertEquals(leadsTo(), rig.web.current[0]?.log);
  assert(leadsTo() !== log);
});

test("what a service's own log is, is left to it", async () => {
  await using rig = new Rig();
  rig.configure({ lines: ["log: own.log"] });
  await deploy(rig);
  assertEquals(rig.web.current[0]?.log, rig.path("own.log"));
  assert(!exists(rig.path(".zdd/log/web.log")));
});

test("links of earlier changes go with the next one", async () => {
  await using rig = new Rig();
  await deploy(rig);
  const stale = rig.path(".zdd/live/at:127.0.0.1:9");
  Deno.mkdirSync(stale);
  await deploy(rig, { release: "2" });
  assert(!exists(stale));
  assertEquals(await rig.get(), 200);
});

test("an instance whose listener has closed is told of", async () => {
  await using rig = new Rig();
  rig.write("closing.py", CLOSING);
  rig.configure({
    start: "python3 closing.py",
    lines: ["health: none"],
  });
  await deploy(rig);
  assertEquals(status(rig.project).ok, true);
  rig.write("close", "");
  const [pid] = rig.serving;
  await until("it is deaf", () => !status(rig.project).ok);
  const { notes, services } = status(rig.project);
  assertMatch(notes.join(), /nothing listens on 127\.0\.0\.1:\d+ any more/);
  assertEquals(services[0]?.instances.map(({ pid }) => pid), [pid]);
});

test("a release that answers and then ends doesn't go live with `settle`", async () => {
  await using rig = new Rig();
  await deploy(rig);
  const { serving } = rig;
  const start = `timeout 1 busybox httpd -f -p 127.0.0.1:{port} -h www; exit 7`;
  rig.configure({ start, lines: ["settle: 20"] });
  const error = await assertRejects(() => deploy(rig), ZddError);
  assertMatch(error.message, /web didn't start: .* ended/);
  assertEquals(rig.serving, serving);
  assertEquals(await rig.get(), 200);
  rig.configure({ lines: ["settle: 0.2"] });
  await deploy(rig);
  assertEquals(rig.serving.length, 1);
  assert(rig.serving[0] !== serving[0]);
});
