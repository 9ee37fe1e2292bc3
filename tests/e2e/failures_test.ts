import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  classicTemplate,
  type ProjectOptions,
  serverCommand,
} from "../support/project.ts";
import { Site } from "../support/site.ts";
import { assertUntouched, look } from "../support/untouched.ts";

interface Failure {
  name: string;
  options: ProjectOptions;
  /** What the message says. */
  says: RegExp[];
}

/** Far beyond what a release may take that fails by itself. */
const LONG = "start_timeout: 120";
/** Enough for a server to get as far as it gets, on a busy machine too. */
const SHORT = "start_timeout: 4";

/** They are known to have failed before any timeout. */
const SUDDEN: Failure[] = [
  {
    name: "exits at once",
    options: { mode: "exit", lines: [LONG] },
    says: [
      /exit status 3/,
      /\| cannot find module 'left-pad'/,
      /log\/web\/web-\w+-\w+\.log/,
    ],
  },
  {
    name: "dies after it has written its pid",
    options: { mode: "dies-later", lines: [LONG] },
    says: [/exit status 4/, /\| the database is gone/],
  },
  {
    name: "is a daemon that dies after it has written its pid",
    options: {
      start: `setsid ${
        serverCommand("--pid-file", "web.pid", "--mode", "dies-later")
      } &`,
      lines: [LONG],
    },
    says: [/none of its processes is left/, /\| the database is gone/],
  },
  {
    name: "has a start command that doesn't exist",
    options: { start: "no-such-server --port 0", lines: [LONG] },
    says: [/no such command: "no-such-server --port 0"/, /exit status 127/],
  },
  {
    name: "has a start command that can't be executed",
    options: { start: "./deploy.conf", lines: [LONG] },
    says: [/exit status 126/, /[Pp]ermission denied/],
  },
  {
    name: "writes garbage into its port file",
    options: { mode: "garbage", lines: [LONG] },
    says: [/\d+\.port": expected a port, got "ready to serve"/],
  },
];

const SLOW: Failure[] = [
  {
    name: "never writes its port file",
    options: { mode: "no-port", lines: [SHORT] },
    says: [
      /no port in ".*\/\d+\.port" after 4 s; it listens on 127\.0\.0\.1:\d+/,
      /port file/,
    ],
  },
  {
    name: "writes a port that nobody listens on",
    options: { mode: "wrong-port", lines: [SHORT] },
    says: [
      /doesn't accept connections on 127\.0\.0\.1:\d+ after 4 s/,
      /refused/,
    ],
  },
  {
    name: "writes garbage into its pid file",
    options: { start: "echo soon > web.pid; exec sleep 600", lines: [LONG] },
    says: [/web\.pid": expected a pid, got "soon"/],
  },
];

for (const { name, options, says } of [...SUDDEN, ...SLOW]) {
  Deno.test(`a release that ${name} fails with its cause, and the old one serves on`, async () => {
    await using site = await Site.classic().deployed();
    const before = await look(site);

    site.configure(options);
    const begin = performance.now();
    const { code, stderr } = await site.zdd();
    const seconds = (performance.now() - begin) / 1000;

    assertEquals(code, 1, stderr);
    assertMatch(stderr, /^zddeploy: web didn't start: /m);
    for (const words of says) assertMatch(stderr, words);
    assert(seconds < 60, `it took ${seconds} s`);
    await assertUntouched(site, before);
  });
}

Deno.test("a first deploy whose release fails leaves nothing", async () => {
  await using site = Site.classic({ mode: "exit" });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /exit status 3/);
  await site.untilProcesses([]);
  assertEquals(site.exists("nginx.conf"), false);
  assertEquals(site.exists("nginx.pid"), false);

  site.configure();
  await site.deploy();
  await site.pidAt();
});

Deno.test("a first deploy whose nginx.conf is refused leaves nothing", async () => {
  await using site = Site.classic();
  site.write("nginx.conf.template", classicTemplate({ http: "nonsense on;" }));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /unknown directive "nonsense"/);
  await site.untilProcesses([]);
  assertEquals(site.exists("nginx.conf"), false);

  site.write("nginx.conf.template", classicTemplate());
  await site.deploy();
  await site.pidAt();
});

Deno.test("a first deploy whose nginx can't listen leaves nothing, and says why", async () => {
  await using site = Site.classic();
  {
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: site.port });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /nginx didn't start/);
    assertMatch(stderr, /Address already in use/);
    await site.untilProcesses([]);
    assertEquals(site.exists("nginx.conf"), false);
  }
  await site.deploy();
  await site.pidAt();
});

Deno.test("the failure of a release is one JSON document with --json", async () => {
  await using site = Site.classic({ mode: "exit" });
  const { code, stdout } = await site.zdd("--json");
  assertEquals(code, 1);
  const { error, exitStatus } = JSON.parse(stdout);
  assertEquals(exitStatus, 1);
  assertMatch(error.message, /web didn't start: .*exit status 3/);
  assertEquals(error.quote.at(-1), "cannot find module 'left-pad'");
  assertEquals(
    error.source,
    Deno.realPathSync(site.path(".zdd/log/web.log")),
  );
});

Deno.test("a release whose pid file names a process that isn't its own fails", async () => {
  await using site = await Site.classic().deployed();
  const before = await look(site);
  await using other = Site.classic();
  const stranger = other.command("sleep", "600").spawn();
  try {
    site.configure({
      start: `echo ${stranger.pid} > web.pid; exec sleep 600`,
      lines: ["start_timeout: 15"],
    });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1, stderr);
    assertMatch(stderr, new RegExp(`names process ${stranger.pid}`));
    await assertUntouched(site, before);
    assert(other.processes().includes(stranger.pid), "it was ended");
  } finally {
    stranger.kill("SIGKILL");
    await stranger.output();
  }
});

Deno.test("a site leaves no process and no directory behind", async () => {
  let left: Site;
  {
    await using site = await Site.classic().deployed();
    left = site;
    assert(site.processes().length >= 4);
  }
  assertEquals(left.processes(), []);
  assertEquals(left.exists(""), false);
});
