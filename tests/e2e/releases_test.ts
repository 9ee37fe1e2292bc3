import { assert, assertEquals, assertMatch } from "@std/assert";
import { Load } from "../support/load.ts";
import { Site } from "../support/site.ts";
import {
  classicTemplate,
  deployConf,
  liveTemplate,
  SERVER,
  serviceSection,
} from "../support/project.ts";
import { isAlive } from "../support/processes.ts";

/** Makes `current` lead to a release, by one rename as playbooks do. */
function point(site: Site, release: number): void {
  Deno.symlinkSync(`releases/${release}`, site.path("current.new"));
  Deno.renameSync(site.path("current.new"), site.path("current"));
}

/** Makes a release that has what another has. */
async function copyRelease(site: Site, from: number, to: number) {
  const names = [`releases/${from}`, `releases/${to}`];
  const { success } = await site.command("cp", "-r", ...names).output();
  assert(success);
}

Deno.test("releases: ten release directories under load lose nothing and leave nothing", async () => {
  await using site = Site.fromSample("releases");
  const conf = ["--conf", site.path("current/deploy.conf")];
  await site.deploy(...conf, "--release", "1");
  const nginx = site.nginx();
  const answer = /^hello from node, pid (\d+), release (\d+)\n$/;
  await using load = await Load.start({
    url: `http://127.0.0.1:${site.port}/`,
    clients: 20,
    methods: ["GET", "POST"],
    pause: 2,
    timeout: 60_000, // a busy machine is no failure
    expect: answer,
    text: /release (\d+)/,
  });
  for (let release = 2; release <= 11; release++) {
    await copyRelease(site, release - 1, release);
    point(site, release);
    const { code, stderr } = release % 2 === 0
      ? await site.zdd(...conf, "--release", String(release))
      // Where the shell has gone by the link, the system knows the directory itself.
      : await site.zddIn("current", "--release", String(release));
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /^web: stopped \d+ /m);
    const [, pid] = answer.exec((await site.get()).text) ?? [];
    assertEquals(
      Deno.readLinkSync(`/proc/${pid}/cwd`),
      site.path(`releases/${release}`),
    );
    // Nobody needs the one before the last any more.
    if (release > 2) {
      const old = site.path(`releases/${release - 2}`);
      Deno.removeSync(old, { recursive: true });
    }
  }
  const { answers } = await load.stopWithoutFailure();
  assertEquals(
    answers.map(({ text }) => Number(text)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
  assertEquals(site.nginx(), nginx);
  assertEquals(site.processes().length, nginx.length + 1);
  assertMatch((await site.zdd("status", ...conf)).stdout, /serving .* 11 /);
  const history = (await site.zdd("history", ...conf, "--json")).stdout;
  assertEquals(JSON.parse(history).length, 11);
  assertEquals(
    [...Deno.readDirSync(site.path("current"))].map(({ name }) => name)
      .toSorted(),
    ["deploy.conf", "server.js"],
  );
});

Deno.test({
  name: "releases: systemd understands the unit",
  ignore: !isInstalled("systemd-analyze"),
  fn: async () => {
    await using site = Site.fromSample("releases");
    site.write(
      "app.service",
      site.read("app.service").replaceAll(
        "/usr/local/bin/zddeploy",
        "/bin/true",
      ),
    );
    const unit = site.path("app.service");
    const { code, stderr } = await site.command(
      ...["systemd-analyze", "verify", "--man=no", unit] as const,
    ).output();
    // An unknown key is only a word of warning.
    const words = new TextDecoder().decode(stderr).split("\n")
      .filter((line) => line.includes("app.service"));
    assertEquals([code, words], [0, []]);
  },
});

Deno.test("releases: what the unit runs starts all at boot, again and again", async () => {
  await using site = Site.fromSample("releases");
  const command = (key: string) => {
    const unit = site.read("app.service");
    const line = new RegExp(`^${key}=/usr/local/bin/zddeploy (.*)$`, "m");
    return line.exec(unit)?.[1]?.split(" ") ?? [];
  };
  await site.deploy(...command("ExecStart"));
  const { text } = await site.get();
  await site.deploy(...command("ExecStart"));
  assertEquals((await site.get()).text, text);
  await copyRelease(site, 1, 2);
  point(site, 2);
  // The next release isn't its business.
  await site.deploy(...command("ExecStart"));
  assertEquals((await site.get()).text, text);
});

/** A release whose template is part of it, and whose server writes its pid into `shared`. */
function writeRelease(site: Site, release: number): void {
  const files = {
    "deploy.conf": deployConf({
      port: "file",
      pidFile: "../shared/web.pid",
      start: "node server.mjs --pid-file ../../shared/web.pid",
      lines: ["log: ../shared/web.log"],
      nginx: ["pid_file: ../shared/nginx.pid"],
      deploy: ["state_dir: ../shared/zdd"],
    }),
    "nginx.conf.template": classicTemplate(),
    "server.mjs": Deno.readTextFileSync(SERVER),
  };
  for (const [name, text] of Object.entries(files)) {
    site.write(`releases/${release}/${name}`, text);
  }
}

Deno.test("a template, pid files and logs survive a change of the link, with one nginx", async () => {
  await using site = Site.create({ "shared/empty": "" });
  const conf = ["--conf", site.path("current/deploy.conf")];
  writeRelease(site, 1);
  point(site, 1);
  await site.deploy(...conf);
  const master = Number(site.read("shared/nginx.pid"));
  const pids = [await site.pidAt()];
  await using clients = await site.load({ keepAlive: false, clients: 5 });
  for (const release of [2, 3, 2]) {
    writeRelease(site, release);
    point(site, release);
    await site.deploy(...conf);
    const pid = await site.pidAt();
    assertEquals(Number(site.read("shared/web.pid")), pid);
    assertEquals(Number(site.read("shared/nginx.pid")), master);
    assertEquals(
      Deno.readLinkSync(`/proc/${pid}/cwd`),
      site.path(`releases/${release}`),
    );
    assertEquals(isAlive(pids.at(-1) ?? 0), false);
    pids.push(pid);
  }
  await clients.stopWithoutFailure();
  assertEquals(new Set(pids).size, 4);
  assertEquals(site.read("shared/web.log").match(/begins at/g)?.length, 4);
});

/** Two releases that keep their state, or would, where deploy.conf is. */
function releasesWithoutStateDir(): Site {
  const site = Site.create({
    "shared/empty": "",
    ...Object.fromEntries([1, 2].flatMap((release) => [
      [
        `releases/${release}/deploy.conf`,
        deployConf({ services: [serviceSection()] }),
      ],
      [`releases/${release}/nginx.conf.template`, liveTemplate()],
    ])),
  });
  point(site, 1);
  return site;
}

for (
  const [way, run] of Object.entries({
    "--conf current/deploy.conf": (site: Site, ...args: string[]) =>
      site.zdd("--conf", site.path("current/deploy.conf"), ...args),
    "cd current": (site: Site, ...args: string[]) =>
      site.zddIn("current", ...args),
  })
) {
  Deno.test(`a state that the next release would leave behind is refused, ${way}`, async () => {
    await using site = releasesWithoutStateDir();
    const { code, stderr } = await run(site);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /deploy.conf:.* Cannot use "state_dir" of \[deploy\]/);
    assert(stderr.includes(`such as ${site.path("shared/zdd")}`), stderr);
    await site.untilProcesses([]);
    assertEquals(site.exists("current/.zdd"), false);
  });
}

Deno.test("a state directory that is a link to what all releases share is none of a release", async () => {
  await using site = releasesWithoutStateDir();
  for (const release of [1, 2]) {
    Deno.symlinkSync("../../shared", site.path(`releases/${release}/.zdd`));
  }
  const conf = ["--conf", site.path("current/deploy.conf")];
  await site.deploy(...conf);
  assertEquals(site.exists("shared/state.json"), true);
});

Deno.test("a project behind a link that no release moves keeps its state beside deploy.conf", async () => {
  await using site = Site.create({
    "data/project/deploy.conf": deployConf(),
    "data/project/nginx.conf.template": liveTemplate(),
  });
  Deno.symlinkSync("data/project", site.path("project"));
  await site.deploy("--conf", site.path("project/deploy.conf"));
  assertEquals(site.exists("data/project/.zdd/state.json"), true);
});

function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((directory) => {
    try {
      return Deno.statSync(`${directory}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
