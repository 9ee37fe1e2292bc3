import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { isAlive, titleOf } from "../support/processes.ts";
import { serverCommand } from "../support/project.ts";

Deno.test("a simple command is the server itself, and no shell", async () => {
  await using site = Site.live();
  await site.deploy();
  const pid = await site.pidAt();
  assertEquals(site.besidesNginx(), [pid]);
  assertEquals(titleOf(pid), serverCommand());
  assertEquals(await site.pidsOf("serving"), [pid]);
});

const WRAPPER = `#!/bin/sh
echo begins
sleep 1000 &
${serverCommand()} "$@"
echo "it ended"
`;

/** Ways to start a server that leave something around it. */
const WRAPPED: Record<string, { start: string; around: RegExp[] }> = {
  "npm start": { start: "npm start", around: [/npm/, /^sh -c/] },
  "a pipe after an assignment": {
    start: `VERSION=v2 ${serverCommand()} | tee x`,
    around: [/^\/bin\/sh/, /^tee x/],
  },
  "a list": {
    start: `cd sub && ${serverCommand()} && echo well`,
    around: [/^\/bin\/sh/],
  },
  "a script that doesn't exec": {
    start: "sh run.sh",
    around: [/^sh run.sh/, /^sleep/],
  },
  "a script in a script, with a session of its own": {
    start: "sh -c 'setsid sh run.sh; true'",
    around: [/^sh -c/, /^sh run.sh/, /^sleep/],
  },
};

for (const [name, { start, around }] of Object.entries(WRAPPED)) {
  Deno.test(`the server is found through ${name}, and all of it ends with it`, async () => {
    await using site = Site.live({
      start: start,
      files: {
        "package.json": JSON.stringify({ scripts: { start: serverCommand() } }),
        "run.sh": WRAPPER,
        "sub/empty": "",
      },
    });
    const generations: number[][] = [];
    for (let i = 0; i < 3; i++) {
      const { stderr } = await site.deploy();
      const pid = await site.pidAt();
      assertMatch(stderr, new RegExp(`web: started ${pid} on`));
      assertEquals(site.servers().includes(pid), true);
      const all = site.besidesNginx();
      const titles = all.filter((other) => other !== pid).map(titleOf);
      for (const one of around) {
        assert(titles.some((title) => one.test(title)), titles.join("\n"));
      }
      // Nothing of those before is left.
      assertEquals(all.filter((one) => generations.flat().includes(one)), []);
      generations.push(all);
    }
    await site.deploy("stop", "--nginx");
    await site.untilProcesses([]);
  });
}

Deno.test("the environment before a command reaches the server, and tee gets its words", async () => {
  await using site = Site.live({
    start: `VERSION=v2 ${serverCommand()} | tee x`,
  });
  await site.deploy();
  assertMatch((await site.get()).text, /^v2 /);
  assertMatch(site.read("x"), /server\.mjs: good, begins/);
});

Deno.test("a release that fails is ended with its whole session", async () => {
  await using site = Site.live({
    start: "sh run.sh",
    lines: ["health: /fail", "health_timeout: 500ms"],
    files: { "run.sh": WRAPPER },
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  await site.untilProcesses([]);
});

Deno.test("kill_after ends what ignores its stop command, wrappers too", async () => {
  await using site = Site.live({
    start: `sh -c '${serverCommand("--mode", "stays")}; true'`,
    lines: ["stop_timeout: 100ms", "kill_after: 300ms"],
  });
  await site.deploy();
  const old = site.besidesNginx();
  assertEquals(old.length, 2);
  const { stderr } = await site.deploy();
  assertMatch(stderr, /web: killed \d+/);
  assertEquals(old.filter(isAlive), []);
});
