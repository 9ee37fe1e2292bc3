import { assert, assertEquals, assertMatch } from "@std/assert";
import { serverCommand, serviceSection } from "../support/project.ts";
import { Site, ZDD } from "../support/site.ts";
import { environmentOf, titleOf } from "../support/processes.ts";

const start = `${serverCommand()} 127.0.0.1:{port}`;

Deno.test("env_file and env reach the process, with quotes, comments and blanks", async () => {
  await using site = Site.live({
    start,
    lines: [
      "env_file: web.env",
      "env: KEY=from env",
      '  QUOTED="two  blanks # no comment"',
      "  PERCENT=100%%",
      "  NUMBER={instance}",
    ],
    files: {
      "web.env": `
# a comment
PLAIN=one
export EXPORTED=two
SINGLE='it is "quoted"'   # a comment behind
LINES="first
second"
EMPTY=
KEY=from the file
URL=postgres://u:p@h/db?x=1&y=$Z
`,
    },
  });
  await site.deploy();
  const environment = environmentOf(await site.pidAt());
  const { PLAIN, EXPORTED, SINGLE, LINES, EMPTY, KEY, URL } = environment;
  assertEquals({ PLAIN, EXPORTED, SINGLE, LINES, EMPTY, KEY, URL }, {
    PLAIN: "one",
    EXPORTED: "two",
    SINGLE: 'it is "quoted"',
    LINES: "first\nsecond",
    EMPTY: "",
    KEY: "from env",
    URL: "postgres://u:p@h/db?x=1&y=$Z",
  });
  const { QUOTED, PERCENT, NUMBER, PORT } = environment;
  assertEquals({ QUOTED, PERCENT, NUMBER }, {
    QUOTED: "two  blanks # no comment",
    PERCENT: "100%",
    NUMBER: "1",
  });
  assertMatch(titleOf(await site.pidAt()), new RegExp(`127.0.0.1:${PORT}$`));
});

Deno.test("what isn't KEY=VALUE, and an env_file that isn't there, are mistakes", async () => {
  await using site = Site.live({
    lines: ["env_file: missing.env", "env: KEY"],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 2);
  assertMatch(stderr, /deploy.conf:\d+: Cannot use "env_file" .*missing.env/);
  assertMatch(
    stderr,
    /deploy.conf:\d+: Cannot use "env" .*expected KEY=VALUE lines, got "KEY"/,
  );
});

Deno.test("env reaches the stop command too", async () => {
  await using site = Site.live({
    lines: [
      "env: FAREWELL=bye",
      'stop: echo "$FAREWELL" >said; kill -TERM',
    ],
  });
  await site.deploy();
  await site.deploy();
  assertEquals(site.read("said"), "bye\n");
});

Deno.test("{instance}, {port} and {socket} stand for what they are", async () => {
  await using site = Site.live({
    services: [
      serviceSection({
        start: `${start} && echo \${port} {other}`,
        lines: ["instances: 2", "log: log/web{instance}.txt"],
      }),
      serviceSection({
        name: "api",
        port: "socket",
        start: `SOCKET={socket} ${serverCommand()}`,
      }),
    ],
  });
  await site.deploy();
  const pids = await site.pidsAt();
  assertEquals(pids.length, 2);
  for (const pid of pids) {
    const { PORT } = environmentOf(pid);
    assertMatch(titleOf(pid), new RegExp(` 127.0.0.1:${PORT}$`));
  }
  assertEquals([site.exists("log/web1.txt"), site.exists("log/web2.txt")], [
    true,
    true,
  ]);
  const [api] = await site.pidsOf("serving", "api");
  assert(site.servers().includes(api ?? 0));
  assertMatch(environmentOf(api ?? 0).SOCKET ?? "", /\/\.zdd\/run\/api-a1-/);
});

Deno.test("{instance} tells pid files apart", async () => {
  await using site = Site.live({
    port: "file",
    pidFile: "web{instance}.pid",
    lines: ["instances: 3"],
  });
  for (let i = 0; i < 2; i++) {
    await site.deploy();
    const written = [1, 2, 3].map((n) => Number(site.read(`web${n}.pid`)));
    assertEquals(await site.pidsAt(), written.toSorted((a, b) => a - b));
    assertEquals(site.servers().length, 3);
  }
});

Deno.test("cwd and log are where they are said to be, and a log that isn't named is shown", async () => {
  await using site = Site.live({
    lines: ["cwd: sub"],
    files: { "sub/empty": "" },
  });
  await site.deploy();
  const pid = await site.pidAt();
  assertEquals(Deno.readLinkSync(`/proc/${pid}/cwd`), site.path("sub"));
  const { stdout } = await site.zdd("logs", "--service", "web");
  assertMatch(stdout, /server\.mjs: good, begins/);
});

/** What a job runner has in the environment of all that a job runs. */
const JOB = ["RUNNER_TRACKING_ID=github_1", "CI_JOB_TOKEN=secret", "OWN=mine"];

Deno.test("an instance has nothing by which a job runner would find and end it, but a hook has", async () => {
  await using site = Site.live({
    deploy: ['before_start: echo "$RUNNER_TRACKING_ID" >told'],
  });
  const { code, stderr } = await site.run("env", ...JOB, ...ZDD);
  assertEquals(code, 0, stderr);
  const { RUNNER_TRACKING_ID, CI_JOB_TOKEN, OWN } = environmentOf(
    await site.pidAt(),
  );
  assertEquals({ RUNNER_TRACKING_ID, CI_JOB_TOKEN, OWN }, {
    RUNNER_TRACKING_ID: undefined,
    CI_JOB_TOKEN: undefined,
    OWN: "mine",
  });
  assertEquals(site.read("told"), "github_1\n");
});

Deno.test("inherit_env says which of zddeploy's own variables an instance gets", async () => {
  await using site = Site.live({
    lines: ["inherit_env: DB_*, ONE", "env: CI_JOB_TOKEN=given"],
  });
  const own = ["DB_URL=db", "ONE=1", "ONE_MORE=2", ...JOB];
  const { code, stderr } = await site.run("env", ...own, ...ZDD);
  assertEquals(code, 0, stderr);
  const { DB_URL, ONE, ONE_MORE, CI_JOB_TOKEN, OWN, PATH } = environmentOf(
    await site.pidAt(),
  );
  assertEquals({ DB_URL, ONE, ONE_MORE, CI_JOB_TOKEN, OWN, PATH }, {
    DB_URL: "db",
    ONE: "1",
    ONE_MORE: undefined,
    CI_JOB_TOKEN: "given",
    OWN: undefined,
    PATH: Deno.env.get("PATH"),
  });
});
