import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import {
  ContainerSite,
  RELEASES,
  testsOfEngines,
} from "../support/container_site.ts";
import { Site } from "../support/site.ts";
import { SystemdBox } from "../support/systemd_box.ts";
import { until } from "../support/until.ts";

// What takes longer is in tests/containers.

const test = await testsOfEngines(await SystemdBox.boot());

test(
  "releases lose nothing, a broken one leaves nothing, and what is killed comes back",
  async (box, engine) => {
    const secret = "a$b\"c'd`e\\f #g";
    const site = new ContainerSite(box, engine, "lean", {
      lines: ["memory_max: 200M", `env: SECRET='${secret}'`],
    });
    await site.deploy("v1");
    const [{ address = "", container = "", pid = 0 } = {}] = await site
      .instances();
    const environment = await box.shell(`tr '\\0' '\\n' </proc/${pid}/environ`);
    assert(environment.split("\n").includes(`SECRET=${secret}`), environment);
    assert(!/^(NO_COLOR|DENO_DIR)=/m.test(environment), environment);

    await box.shell(`kill -9 ${pid}`);
    await until("it serves", async () => await site.version() === "v1");
    const [again] = await site.instances();
    assertEquals([again?.address, again?.container], [address, container]);
    assertEquals([again?.restarts, again?.state], [1, "serving"]);
    assertNotEquals(again?.pid, pid);

    await using load = await site.startLoad(RELEASES);
    const said = await site.deploy("v2", "-v");
    assert(!said.includes("a$b"), said);
    assertMatch(said, new RegExp(`drained ${again?.pid} `));
    const { failed, kinds, answers } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    assertEquals(answers.length, 2);

    const before = await site.containers();
    assertEquals(before.length, 1);
    site.configure({ args: "--mode exit" });
    const { code, stderr } = await site.zdd("deploy", "--release", "v3");
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /container of tests:v3 ended.*\n[^]*left-pad/);
    assertEquals(await site.containers(), before);
    assertEquals(await site.version(), "v2");
    await site.stopAll();
  },
);

Deno.test("a start command that runs a container is told of the key that does", async () => {
  await using site = await Site.live({ start: "docker run --rm none" });
  const { code, stderr } = await site.zdd("deploy");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^hint: instead of start, "container: docker" with/m);
});
