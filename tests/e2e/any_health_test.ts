import { assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { freePort } from "../support/free_port.ts";

Deno.test("a health failure tells the last answer in one line, the tries and the time", async () => {
  await using site = Site.live({
    lines: ["health: /fail", "health_timeout: 600ms"],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  const [, address, tries] =
    /web didn't start: \/fail isn't healthy on (\S+) after (\d+) tries in 600 ms; last: 503 "not today"/
      .exec(stderr) ?? [];
  assertMatch(address ?? stderr, /^127\.0\.0\.1:\d+$/);
  // Each try waits longer than the one before, from 25 ms up.
  assertEquals(Number(tries) > 2 && Number(tries) < 30, true, stderr);
  await site.untilProcesses([]);
});

Deno.test("a health failure tells why nobody could be asked", async () => {
  const port = freePort();
  await using site = Site.live({
    lines: [
      `health: http://127.0.0.1:${port}/`,
      "health_timeout: 300ms",
    ],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(
      `http://127.0.0.1:${port}/ isn't healthy on \\S+ after \\d+ tries in ` +
        "300 ms; last: .*ECONNREFUSED|refused",
    ),
  );
});

Deno.test("health is asked for on each instance's own socket", async () => {
  await using site = Site.live({
    port: "socket",
    lines: ["instances: 2", "health: /fail", "health_status: 503"],
  });
  await site.deploy();
  await site.pidAt();
});

for (const port of ["env", "detect"]) {
  Deno.test(`a live deploy that nginx doesn't verify is switched back, port: ${port}`, async () => {
    await using site = Site.live({ port });
    await site.deploy();
    const before = await site.pidAt();
    const verify = `verify_timeout: 3\nverify: http://127.0.0.1:${site.port}`;
    site.configure({ port, deploy: [`${verify}/fail`] });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1);
    assertMatch(stderr, /\/fail doesn't answer with success.*; last: 503/);
    assertEquals(await site.pidAt(), before);

    site.configure({ port, deploy: [`${verify}/`] });
    const good = await site.deploy();
    assertMatch(good.stderr, /verified http/);
    assertMatch(good.stderr, new RegExp(`web: stopped ${before}`));
  });
}
