import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Site } from "../support/site.ts";
import {
  classicTemplate,
  deployConf,
  liveTemplate,
  serviceSection,
} from "../support/project.ts";

/** What check prints, whoever can log in on this machine. */
function withoutNotes(stderr: string): string {
  return stderr.replace(/^note: .*\n/gm, "");
}

Deno.test("check lets nginx test what would be rendered, and leaves nothing behind", async () => {
  await using site = Site.classic();
  const good = await site.zdd("check");
  assertEquals([good.code, good.stdout], [0, ""]);
  assertEquals(good.stderr, "deploy.conf: no mistakes\n");
  for (const file of ["nginx.conf", "nginx.pid", ".zdd"]) {
    assert(!site.exists(file), file);
  }
  const hidden = [...Deno.readDirSync(site.directory)]
    .filter(({ name }) => name.startsWith("."));
  assertEquals(hidden, []);

  site.write(
    "nginx.conf.template",
    classicTemplate({ http: "nonsense on;" }),
  );
  const bad = await site.zdd("check");
  assertEquals(bad.code, 1);
  assertStringIncludes(
    bad.stderr,
    `nginx refuses "${site.path("nginx.conf")}"`,
  );
  assertStringIncludes(bad.stderr, 'unknown directive "nonsense"');
  // nginx names a line of what would be rendered.
  const lines = site.read("nginx.conf.template").split("\n");
  const line = lines.findIndex((each) => each.includes("nonsense")) + 1;
  assertStringIncludes(bad.stderr, ` (nginx.conf.template:${line})\n`);
  assert(!site.exists("nginx.conf"));
});

Deno.test("check looks at what runs, and touches nothing of it", async () => {
  await using site = await Site.classic().deployed();
  const pid = await site.pidAt();
  const before = site.read("nginx.conf");
  const master = site.nginxMaster();
  const { stdout } = await site.deploy("check", "--json");
  assertEquals(JSON.parse(stdout), {
    ok: true,
    services: ["web"],
    nginxTested: true,
    warnings: [],
    notes: [],
  });
  assertEquals(site.read("nginx.conf"), before);
  assertEquals(site.nginxMaster(), master);
  assertEquals(await site.pidAt(), pid);
});

Deno.test("check says what nginx can only test in its place, until it stands there", async () => {
  const template = liveTemplate();
  await using site = Site.create({
    "deploy.conf": deployConf().replace(
      "template: nginx.conf.template",
      "template: site.conf.template\nconf: main.conf",
    ),
    "site.conf.template": "<%= it.live.upstreams() %>\nserver {\n" +
      '<%= it.live.choose("web") %>\nlisten 127.0.0.1:%PORT%;\n' +
      'location / { <%= it.live.pass("web") %> }\n}\n',
  });
  site.write(
    "main.conf",
    template.replace("{nginx_pid_filename}", site.path("nginx.pid"))
      .replaceAll("{project_dir}", site.directory)
      .replace(/<%= it\.live\.upstreams[^]*/, "include site.conf;\n}\n"),
  );
  const before = await site.deploy("check");
  assertStringIncludes(
    withoutNotes(before.stderr),
    `warning: nginx can test "${site.path("site.conf")}" only in its place`,
  );
  await site.deploy();
  const after = await site.deploy("check");
  assertEquals(withoutNotes(after.stderr), "deploy.conf: no mistakes\n");
});

Deno.test("check warns of programs that aren't there", async () => {
  await using site = Site.classic({
    start: "no-such-server --port 0",
    lines: ["stop: no-such-stop"],
  });
  const { stdout } = await site.deploy("check", "--json", "-q");
  assertEquals(JSON.parse(stdout).warnings, [
    '[service:web] start: no program "no-such-server"',
    '[service:web] stop: no program "no-such-stop"',
  ]);
  // What only a shell can find.
  for (const start of ["$HOME/x", "cd / && x", "FOO=1 x", '"/opt/my app/x"']) {
    site.configure({ start });
    const { stdout } = await site.deploy("check", "--json", "-q");
    assertEquals(JSON.parse(stdout).warnings, [], start);
  }
});

Deno.test("check tells of a location that changes with every deploy, and deploys nothing that can't work", async () => {
  await using site = Site.live({ template: liveTemplate({ chosen: [] }) });
  const { code, stderr } = await site.zdd("check");
  assertEquals(code, 0);
  assertMatch(
    withoutNotes(stderr),
    /nginx\.conf\.template:17: it\.live\.pass chooses the instance in this location/,
  );
  site.write(
    "nginx.conf.template",
    liveTemplate(),
  );
  assertEquals(
    withoutNotes((await site.zdd("check")).stderr),
    "deploy.conf: no mistakes\n",
  );
  site.write(
    "nginx.conf.template",
    liveTemplate({
      location: '<%= it.live.pass("web") %>\nproxy_pass http://x;',
    }),
  );
  const refused = await site.zdd();
  assertEquals(refused.code, 2);
  assertMatch(
    refused.stderr,
    /nginx\.conf\.template:18: proxy_pass conflicts with it\.live\.pass/,
  );
  assertEquals(site.processes(), []);
});

Deno.test("check and deploy say which service the template uses nowhere", async () => {
  await using site = Site.live({
    services: ["web", "api"].map((name) => serviceSection({ name })),
  });
  const said = "isn't used in the template, so no request reaches it";
  const checked = await site.deploy("check");
  assertStringIncludes(checked.stderr, `warning: [service:api] ${said}\n`);
  const { stderr, stdout } = await site.deploy("--json");
  assertStringIncludes(stderr, `api: warning: ${said}\n`);
  assertEquals(JSON.parse(stdout).warnings, [`api: ${said}`]);
  const web = await site.deploy("--service", "web");
  assert(!web.stderr.includes(said), web.stderr);
});

Deno.test("check refuses a port for a server that gets a socket", async () => {
  await using site = Site.live({
    services: ["[service:web]\nport: socket\nstart: ./serve {port}\n"],
  });
  const { code, stderr } = await site.zdd("check");
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    'Cannot use "start" of [service:web]: expected {socket} with port: ' +
      'socket, got "./serve {port}"',
  );
});
