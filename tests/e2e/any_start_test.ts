import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  isAlive,
  liveStart,
  nginxProcesses,
  pidAt,
  pidsOf,
  servers,
  titleOf,
} from "../support/live_site.ts";
import { ANY_SERVER, anySite } from "../support/any_site.ts";
import type { Site } from "../support/site.ts";
import { untilProcesses } from "./web_site.ts";

/** Everything of a site but nginx. */
function besidesNginx(site: Site): number[] {
  const nginx = nginxProcesses(site);
  return site.processes().filter((pid) => !nginx.includes(pid));
}

Deno.test("a simple command is the server itself, and no shell", async () => {
  await using site = anySite(["port: env", `start: ${liveStart()}`]);
  await site.deploy();
  const pid = await pidAt(site);
  assertEquals(besidesNginx(site), [pid]);
  assertEquals(titleOf(pid), liveStart());
  assertEquals(await pidsOf(site, "serving"), [pid]);
});

const WRAPPER = `#!/bin/sh
echo begins
sleep 1000 &
${liveStart()} "$@"
echo "it ended"
`;

/** Ways to start a server that leave something around it. */
const WRAPPED: Record<string, { start: string; around: RegExp[] }> = {
  "npm start": { start: "npm start", around: [/npm/, /^sh -c/] },
  "a pipe after an assignment": {
    start: `VERSION=v2 ${liveStart()} | tee x`,
    around: [/^\/bin\/sh/, /^tee x/],
  },
  "a list": {
    start: `cd sub && ${liveStart()} && echo well`,
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
    await using site = anySite(["port: env", `start: ${start}`], {
      "package.json": JSON.stringify({ scripts: { start: liveStart() } }),
      "run.sh": WRAPPER,
      "sub/empty": "",
    });
    const generations: number[][] = [];
    for (let i = 0; i < 3; i++) {
      const { stderr } = await site.deploy();
      const pid = await pidAt(site);
      assertMatch(stderr, new RegExp(`web: started ${pid} on`));
      assertEquals(servers(site).includes(pid), true);
      const all = besidesNginx(site);
      const titles = all.filter((other) => other !== pid).map(titleOf);
      for (const one of around) {
        assert(titles.some((title) => one.test(title)), titles.join("\n"));
      }
      // Nothing of those before is left.
      assertEquals(all.filter((one) => generations.flat().includes(one)), []);
      generations.push(all);
    }
    await site.deploy("stop", "--nginx");
    await untilProcesses(site, []);
  });
}

Deno.test("the environment before a command reaches the server, and tee gets its words", async () => {
  await using site = anySite([
    "port: env",
    `start: VERSION=v2 ${liveStart()} | tee x`,
  ]);
  await site.deploy();
  assertMatch((await site.get()).text, /^v2 /);
  assertMatch(site.read("x"), /live_server.mjs: begins/);
});

Deno.test("a release that fails is ended with its whole session", async () => {
  await using site = anySite([
    "port: env",
    "start: sh run.sh",
    "health: /fail",
    "health_timeout: 500ms",
  ], { "run.sh": WRAPPER });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  await untilProcesses(site, []);
});

Deno.test("kill_after ends what ignores its stop command, wrappers too", async () => {
  const lines = [
    "port: env",
    `start: sh -c '${ANY_SERVER} --ignore-term 127.0.0.1:$PORT; true'`,
    "stop_timeout: 100ms",
  ];
  await using site = anySite([...lines, "kill_after: 300ms"]);
  await site.deploy();
  const old = besidesNginx(site);
  assertEquals(old.length, 2);
  const { stderr } = await site.deploy();
  assertMatch(stderr, /web: killed \d+/);
  assertEquals(old.filter(isAlive), []);
});
