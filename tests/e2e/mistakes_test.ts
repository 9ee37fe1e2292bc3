import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { classicTemplate, deployConf } from "../support/project.ts";

/** Fails if anything was run or written. */
function assertNothingWasRun(site: Site): void {
  assertEquals(site.processes(), []);
  for (const name of [".zdd", "nginx.conf", "nginx.pid", "web.pid"]) {
    assertEquals(site.exists(name), false, `there is ${name}`);
  }
}

/** Runs zddeploy, which must reject deploy.conf, and returns what it says, line by line. */
async function mistakes(site: Site, ...args: string[]): Promise<string[]> {
  const { code, stderr, stdout } = await site.zdd(...args);
  assertEquals(code, 2, stderr);
  assertEquals(stdout, "");
  assertNothingWasRun(site);
  return stderr.replace(/^zddeploy: /, "").trimEnd().split("\n");
}

const MANY = `\
[nginx]
template: nginx.conf.template
pid_fil: nginx.pid
reload_timeout: soon

[service:web]
strat: ./server
log: %(directory)s/web.log
start_timeout: 10 parsecs
health: /
health_status: 2oo
env: A=1
  no variable
pid_file: web.pid

[services:api]
start: ./api

[deploy]
state_dirr: /tmp
this is no line at all
`;

Deno.test("every mistake in deploy.conf and in the template is reported at once", async () => {
  await using site = Site.create({
    "deploy.conf": MANY,
    "nginx.conf.template": classicTemplate({
      upstream: "upstream web { server 127.0.0.1:{wbe}; }",
      http: "# a comment\n<%= it.nginx_pid_filname %>",
    }),
  });
  const lines = await mistakes(site);
  const expected = [
    /^deploy\.conf:1: \[nginx\] needs a value for "pid_file"$/,
    /^deploy\.conf:3: Unknown key "pid_fil" in \[nginx\]; did you mean "pid_file"\?$/,
    /^deploy\.conf:4: .*"reload_timeout".* expected seconds, or a time such as .*, got "soon"$/,
    /^deploy\.conf:6: \[service:web\] needs a value for "start"$/,
    /^deploy\.conf:7: Unknown key "strat" in \[service:web\]; did you mean "start"\?$/,
    /^deploy\.conf:8: .*directory/,
    /^deploy\.conf:9: .*"start_timeout".* got "10 parsecs"$/,
    /^deploy\.conf:11: .*"health_status".* expected HTTP statuses.*, got "2oo"$/,
    /^deploy\.conf:12: .*"env".* expected KEY=VALUE lines, got "no variable"$/,
    /^deploy\.conf:16: Expected .*, got \[services:api\]; did you mean \[service:api\]\?$/,
    /^deploy\.conf:20: Unknown key "state_dirr" in \[deploy\]; did you mean "state_dir"\?$/,
    /^deploy\.conf:21: .*this is no line at all/,
    /^nginx\.conf\.template:14: There is nothing named \{wbe\}; did you mean "web"\?$/,
    /^nginx\.conf\.template:20: There is nothing named it\.nginx_pid_filname; did you mean "nginx_pid_filename"\?$/,
    /^hint: 14 mistakes, nothing was run$/,
  ];
  for (const [i, pattern] of expected.entries()) {
    assertMatch(lines[i] ?? "", pattern, lines.join("\n"));
  }
  assertEquals(lines.length, expected.length, lines.join("\n"));
});

interface Single {
  name: string;
  conf: string;
  says: RegExp;
}

const SINGLES: Single[] = [
  {
    name: "a template without .template",
    conf: deployConf({ port: "file" }).replace(
      "nginx.conf.template",
      "nginx.conf",
    ),
    says:
      /^deploy\.conf:2: .*"template".* expected a name that ends in "\.template", got "nginx\.conf"$/,
  },
  {
    name: "a missing template",
    conf: deployConf({ port: "file" }).replace(
      "nginx.conf.template",
      "no.template",
    ),
    says:
      /^deploy\.conf:2: .*"template".* expected a file, got ".*no\.template"/,
  },
  {
    name: "an nginx that isn't installed",
    conf: deployConf({ port: "file", nginx: ["command: no-such-nginx"] }),
    says:
      /^deploy\.conf:4: .*"command".* expected a program that is installed.*, got "no-such-nginx"$/,
  },
  {
    name: "a cwd that doesn't exist",
    conf: deployConf({ port: "file", lines: ["cwd: nowhere"] }),
    says: /^deploy\.conf:7: .*"cwd".* expected a directory, got ".*\/nowhere"$/,
  },
  {
    name: "a pid file in a directory that doesn't exist",
    conf: deployConf({ port: "file", pidFile: "run/web.pid" }),
    says:
      /^deploy\.conf:6: .*"pid_file".* directory that exists, got ".*run\/web\.pid"$/,
  },
  {
    name: "an env_file that doesn't exist",
    conf: deployConf({ port: "file", lines: ["env_file: none.env"] }),
    says: /^deploy\.conf:7: .*"env_file".* expected a file, got ".*none\.env"$/,
  },
  {
    name: "a wrong health_status, even if no health is set",
    conf: deployConf({ port: "file", lines: ["health_status: 2oo"] }),
    says: /^deploy\.conf:7: .*"health_status".*, got "2oo"$/,
  },
  {
    name: "a wrong health_timeout, even if no health is set",
    conf: deployConf({ port: "file", lines: ["health_timeout: soon"] }),
    says: /^deploy\.conf:7: .*"health_timeout".*, got "soon"$/,
  },
  {
    name: "no section for a service",
    conf: "[nginx]\ntemplate: nginx.conf.template\npid_file: nginx.pid\n",
    says: /^(deploy\.conf|nginx\.conf\.template):\d+: .*(service|\{web\})/,
  },
];

for (const { name, conf, says } of SINGLES) {
  Deno.test(`${name} is found before anything runs`, async () => {
    await using site = Site.create({
      "deploy.conf": conf,
      "nginx.conf.template": classicTemplate(),
    });
    const lines = await mistakes(site);
    assertMatch(lines[0] ?? "", says);
    assertEquals(lines.slice(1), ["hint: one mistake, nothing was run"]);
    // `check` finds the same.
    assertEquals(await mistakes(site, "check"), lines);
  });
}

Deno.test("a mistake leaves what serves alone", async () => {
  await using site = await Site.classic().deployed();
  const before = site.processes();
  site.configure({ lines: ["stopp: true"] });
  const { code } = await site.zdd();
  assertEquals(code, 2);
  assertEquals(site.processes(), before);
});

Deno.test("a missing deploy.conf is named, with what to do", async () => {
  await using site = Site.create({});
  const [first, hint] = await mistakes(site);
  assertMatch(first ?? "", /^Cannot read "deploy\.conf": No such file/);
  assertMatch(hint ?? "", /^hint: .*--conf/);
  const [other] = await mistakes(site, "-c", "sub/zdd.conf");
  assertMatch(other ?? "", /^Cannot read "sub\/zdd\.conf"/);
});

for (
  const { args, says } of [
    {
      args: ["--vebose"],
      says: /"--vebose"\nhint: did you mean "--verbose"\?/,
    },
    { args: ["--dry-ran"], says: /There is no option "--dry-ran"/ },
    { args: ["statsu"], says: /"statsu"\nhint: did you mean "status"\?/ },
    { args: ["status", "web"], says: /status takes no argument, got "web"/ },
    { args: ["-c"], says: /--conf takes the path of one deploy\.conf/ },
    { args: ["-x"], says: /There is no option "-x"/ },
  ]
) {
  Deno.test(`zddeploy ${args.join(" ")} is rejected`, async () => {
    await using site = Site.classic();
    const lines = await mistakes(site, ...args);
    assertMatch(lines.join("\n"), says);
  });
}

Deno.test("mistakes are one JSON document with --json", async () => {
  await using site = Site.classic({ lines: ["stopp: true"] });
  const { code, stdout } = await site.zdd("--json");
  assertEquals(code, 2);
  const { error, exitStatus } = JSON.parse(stdout);
  assertEquals(exitStatus, 2);
  assert(error.message.startsWith('deploy.conf:7: Unknown key "stopp"'));
});
