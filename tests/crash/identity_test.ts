import { assert, assertEquals, assertMatch } from "@std/assert";
import { CrashSite, type Switch } from "./crash_site.ts";
import { Stranger } from "./stranger.ts";
import { isAlive } from "../support/processes.ts";

// A number that zdd has written down, or finds in a file, and that belongs to somebody
// else by now: whoever signals it ends a program that has nothing to do with it.

const SWITCHES: Switch[] = ["live", "reload"];

for (const kind of SWITCHES) {
  Deno.test(`a stranger with the current instance's number is never signalled (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    const pid = await site.pidAt();
    await using stranger = await Stranger.inPlaceOf(pid, own.directory.state);
    assertEquals((await site.zdd("status")).code, 1);
    const { stderr } = await site.deploy();
    assertMatch(stderr, new RegExp(`${pid} is gone already`));
    await own.assertWhole();
    stranger.assertUntouched();
  });

  Deno.test(`a stranger with an old instance's number is never signalled (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    const pid = await site.pidAt();
    const remains = await own.die("signal SIGTERM#1", "deploy");
    assertEquals(remains.unstopped, 1);
    await using stranger = await Stranger.inPlaceOf(pid, own.directory.state);
    const { stderr } = await site.deploy("start");
    assertMatch(stderr, new RegExp(`${pid} is gone already`));
    await own.assertWhole();
    stranger.assertUntouched();
  });

  Deno.test(`a stranger with the number of a dead deploy's instance is never signalled (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    const old = await site.pidAt();
    // The first entry with the instances is written before the links or nginx.conf.
    await own.die(
      kind === "live" ? "write slots:web#1" : "write nginx.conf#1",
      "deploy",
    );
    const journal = site.read(".zdd/journal.json");
    const pid = Number(/"instance"[^}]*?"pid": (\d+)/s.exec(journal)?.[1]);
    assert(pid !== old && isAlive(pid));
    await using stranger = await Stranger.inPlaceOf(pid, own.directory.journal);
    const { stderr } = await site.deploy("start");
    assertMatch(stderr, /undid the deploy of/);
    assertEquals(await site.pidAt(), old);
    await own.assertWhole();
    stranger.assertUntouched();
  });

  Deno.test(`a stranger with nginx's number is never signalled (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    const master = site.nginxMaster();
    assert(master !== undefined);
    const workers = site.processes().filter((pid) =>
      Deno.readTextFileSync(`/proc/${pid}/cmdline`).startsWith("nginx: worker")
    );
    for (const pid of workers) Deno.kill(pid, "SIGSTOP");
    Deno.kill(master, "SIGKILL");
    for (const pid of workers) Deno.kill(pid, "SIGKILL");
    await using stranger = await Stranger.inPlaceOf(
      master,
      own.directory.state,
    );
    assertEquals(Number(site.read("nginx.pid")), master);
    const { stderr } = await site.deploy();
    assertMatch(stderr, /nginx: started \d+/);
    await own.assertWhole();
    stranger.assertUntouched();
  });

  Deno.test(`stop signals no stranger (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site } = own;
    const pid = await site.pidAt();
    await using stranger = await Stranger.inPlaceOf(pid, own.directory.state);
    await site.deploy("stop", "--nginx");
    stranger.assertUntouched();
    await site.deploy("start");
    await own.assertWhole();
    stranger.assertUntouched();
  });
}

Deno.test("without a state, a pid file that names a stranger names nobody", async () => {
  await using own = await CrashSite.create("reload", { load: false });
  const { site } = own;
  const pid = await site.pidAt();
  await using stranger = await Stranger.inPlaceOf(pid, own.directory.state);
  Deno.removeSync(own.directory.state);
  assertEquals(Number(site.read("web.pid")), pid);
  assert(site.exists(`${pid}.port`));
  const { stderr } = await site.deploy();
  assert(!stderr.includes("found"), stderr);
  await own.assertWhole();
  stranger.assertUntouched();
});

Deno.test("an undone deploy puts no pid file back that names a stranger by now", async () => {
  await using own = await CrashSite.create("reload", { load: false });
  const { site } = own;
  const pid = await site.pidAt();
  await own.die("write journal.json#3", "deploy");
  await using stranger = await Stranger.inPlaceOf(pid, own.directory.state);
  await site.deploy("start");
  assert(Number(site.read("web.pid")) !== pid);
  await own.assertWhole();
  stranger.assertUntouched();
});

for (const kind of SWITCHES) {
  Deno.test(`a state of another boot signals nobody, and start brings everything up (${kind})`, async () => {
    await using own = await CrashSite.create(kind, { load: false });
    const { site, directory } = own;
    const pid = await site.pidAt();
    const remains = await own.die("signal SIGTERM#1", "deploy");
    const serving = await site.pidAt();
    assertEquals(remains.unstopped, 1);
    const [other] = [crypto.randomUUID()];
    const boot = /"boot": "([^"]+)"/.exec(site.read(".zdd/state.json"))?.[1];
    const text = site.read(".zdd/state.json").replaceAll(boot ?? "", other)
      .replace(/^ *"checksum": .*\n/m, "");
    Deno.writeTextFileSync(directory.state, text);
    // So that they aren't found by it.
    if (kind === "reload") Deno.removeSync(site.path("web.pid"));
    const { stderr } = await site.deploy("start");
    assertMatch(stderr, /^web: started \d+/m);
    assertEquals([isAlive(pid), isAlive(serving)], [true, true]);
    const started = await site.pidAt();
    assert(started !== pid && started !== serving);
    assertEquals((await site.zdd("status")).code, 0);
  });
}
