import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Site } from "../support/site.ts";

Deno.test("a wrong command line is refused in its own words, and nothing is run", async () => {
  const cases: [line: string, message: string][] = [
    ["logs --lines x", 'Expected a number for --lines, got "x"'],
    ["status --interval 5", "--interval needs --watch"],
    [
      "deploy --lock-wait soon",
      'Expected a time such as 30 (seconds) or 2m for --lock-wait, got "soon"',
    ],
    ["init cobol", 'There is no kind "cobol"'],
    ["init -c none/deploy.conf", 'There is no "'],
    ["help nosuch", 'There is no help topic "nosuch"'],
    ["canary x", 'Expected a whole percent from 0 to 100, got "x"'],
    ["canary", "canary takes PERCENT, got none"],
    ["deploy --service wbe", 'There is no service "wbe"'],
  ];
  await using site = Site.classic();
  for (const [line, message] of cases) {
    const { code, stdout, stderr } = await site.zdd(...line.split(" "));
    assertEquals([line, code, stdout], [line, 2, ""]);
    assertStringIncludes(stderr, `zddeploy: ${message}`);
  }
  assertEquals(site.processes(), []);
  assertEquals(site.exists(".zdd"), false);
});

Deno.test("logs says that there is none yet, shows the last lines, and names the files", async () => {
  await using site = Site.classic();
  const early = await site.zdd("logs");
  assertEquals(early.code, 1);
  assertMatch(early.stderr, /There is no log yet: .*web\.log/);
  await site.deploy();
  const { stdout } = await site.deploy("logs", "--lines", "1");
  assertMatch(stdout, /^server\.mjs: .*\n$/);
  const { logs } = JSON.parse((await site.deploy("logs", "--json")).stdout);
  assertEquals(logs, [Deno.realPathSync(site.path(".zdd/log/web.log"))]);
});

Deno.test("history has a row for each deploy, and says why one failed", async () => {
  await using site = await Site.classic().deployed();
  const conf = site.read("deploy.conf");
  site.write("deploy.conf", conf.replace(/^start: .*$/m, "start: false"));
  assertEquals((await site.zdd("--release", "2")).code, 1);
  const { stdout } = await site.deploy("history");
  const [head, first, second, ...others] = stdout.trimEnd().split("\n")
    .map((row) => row.split(/ {2,}/).slice(1));
  assertEquals(head, ["COMMAND", "RELEASE", "RESULT", "TOOK", "SERVING"]);
  assertEquals([first?.[0], first?.[1]], ["deploy", "done"]);
  assertEquals(second?.slice(0, 3), ["deploy", "2", "failed"]);
  assertMatch(second?.at(-1) ?? "", /^web didn't start: /);
  assertEquals(others, []);
});
