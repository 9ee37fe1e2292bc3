import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { BoxedSite } from "../support/boxed_site.ts";
import {
  type Engine,
  enginesIn,
  makeNodeImage,
  VERSIONS,
  VOLUMES,
} from "../support/container_host.ts";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";
import { SystemdBox } from "../support/systemd_box.ts";
import { until } from "../support/until.ts";

const box = await SystemdBox.boot();
Deno.test.afterAll(() => box?.[Symbol.asyncDispose]());
const engines = await enginesIn(box);

/** Registers a test that each engine must pass. */
function test(
  name: string,
  fn: (box: SystemdBox, engine: Engine) => Promise<void>,
): void {
  for (const engine of ["docker", "podman"] as const) {
    Deno.test({
      name: `in containers of ${engine}, ${name}`,
      ignore: !engines.includes(engine),
      fn: async () => {
        if (box !== undefined) await fn(box, engine);
      },
    });
  }
}

interface Options {
  lines?: string[];
  args?: string;
  start?: string;
  image?: string;
  port?: string;
}

function conf(
  engine: Engine,
  { lines = [], args = "0.0.0.0:8080", image = "tests:{release}", port, start }:
    Options = {},
): string {
  return [
    ...["[nginx]", "template: nginx.conf.template", "pid_file: nginx.pid"],
    ...["[service:web]", `container: ${engine}`, `image: ${image}`],
    ...[`start: ${start ?? `/usr/bin/node /server.mjs ${args}`}`],
    port ?? "container_port: 8080",
    ...["volumes:", ...VOLUMES.map((volume) => `  ${volume}`), ...lines],
  ].join("\n");
}

function siteIn(
  box: SystemdBox,
  engine: Engine,
  name: string,
  options?: Options,
): BoxedSite {
  return new BoxedSite(box, `${name}-${engine}`, {
    "deploy.conf": conf(engine, options),
    "nginx.conf.template": liveTemplate(),
  });
}

async function succeed(site: BoxedSite, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await site.zdd(...args);
  assertEquals(code, 0, stdout + stderr);
  return stdout + stderr;
}

/** The containers of a site, running or not. */
async function containers(site: BoxedSite, engine: Engine): Promise<string[]> {
  const name = site.directory.replace("/srv/", "zdd-");
  const text = await site.box.shell(
    `${engine} ps --all --filter name=${name}- --format '{{.Names}}'`,
  );
  return text.split("\n").filter((line) => line !== "");
}

interface Instance {
  state: string;
  id: string;
  pid: number;
  address: string;
  container: string;
  restarts: number;
  release: string;
  memory: number;
}

async function instances(site: BoxedSite): Promise<Instance[]> {
  const { stdout } = await site.zdd("status", "--json");
  return JSON.parse(stdout).services[0].instances;
}

/** What release answers through nginx. */
async function version(site: BoxedSite): Promise<string | undefined> {
  return /^(v\d) /.exec(await site.get() ?? "")?.[1];
}

/** Stops all of a site, of which then nothing is left. */
async function stopAll(site: BoxedSite, engine: Engine): Promise<void> {
  await succeed(site, "stop", "--nginx");
  assertEquals(await containers(site, engine), []);
  const files = `ls -A ${site.directory}/.zdd/run`;
  assertEquals(await site.box.shell(files), "");
}

const LOAD = { text: /^(v\d) / };

test(
  "deploys under load lose nothing and leave one container",
  async (box, engine) => {
    const secret = "a$b\"c'd`e\\f #g";
    const site = siteIn(box, engine, "many", {
      lines: ["memory_max: 200M", "instances: 2", `env: SECRET='${secret}'`],
    });
    assertMatch(await succeed(site, "deploy", "--release", "v1"), /started/);
    await using load = await site.startLoad(LOAD);
    for (const release of ["v2", "v3", "v1"]) {
      const said = await succeed(site, "deploy", "-v", "--release", release);
      assert(!said.includes("a$b"));
      assertMatch(said, /drained \d+ /);
    }
    const { failed, kinds, answers } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    assertEquals(answers.length, 3);
    const [name = "", ...others] = await containers(site, engine);
    assertEquals(others.length, 1);
    assertMatch(name, /^zdd-many-\w+-web-\d{8}T\d{6}-\w{6}$/);
    const [{ pid = 0, memory = 0 } = {}] = await instances(site);
    assert(memory > 2 ** 20 && memory < 200 * 2 ** 20, String(memory));
    const environment = await box.shell(`tr '\\0' '\\n' </proc/${pid}/environ`);
    assert(environment.split("\n").includes(`SECRET=${secret}`), environment);
    assert(!/^(NO_COLOR|DENO_DIR)=/m.test(environment), environment);
    const limit = await box.shell(
      `${engine} inspect --format '{{.HostConfig.Memory}}' ${name}`,
    );
    assertEquals(limit, String(200 * 2 ** 20));
    await stopAll(site, engine);
  },
);

test(
  "a release that can't be is told in its own words, and leaves nothing",
  async (box, engine) => {
    const site = siteIn(box, engine, "broken", {
      lines: ["start_timeout: 20"],
    });
    await succeed(site, "deploy", "--release", "v1");
    const before = await containers(site, engine);
    const fails = async (said: RegExp, options: Options, release = "v2") => {
      site.write("deploy.conf", conf(engine, options));
      const { code, stderr } = await site.zdd("deploy", "--release", release);
      assertEquals(code, 1, stderr);
      assertMatch(stderr, said);
      assertEquals(await containers(site, engine), before);
      assertEquals(await version(site), "v1");
    };
    await fails(
      /container of tests:v2 ended with exit status \d$[^]*left-pad[^]*\(\w+ logs zdd-broken-\w+-web-[\w-]+\)/m,
      { args: "--mode exit" },
    );
    await fails(
      /web didn't start: nobody listens on [\d.]+:8080 after 2 s; it listens on 127\.0\.0\.1:9000$[^]*`container_port`/m,
      { args: "127.0.0.1:9000", lines: ["start_timeout: 2"] },
    );
    await fails(/\/ isn't healthy on/, {
      args: "--mode unhealthy 0.0.0.0:8080",
      lines: ["health_timeout: 1"],
    });
    await fails(
      /^zddeploy: Cannot pull 127\.0\.0\.1:9\/tests:v9 for web$[^]*connection refused/m,
      { image: "127.0.0.1:9/tests:{release}" },
      "v9",
    );
    await fails(/ can't run tests:v2$[^]*no such file/m, {
      start: "/no/such/program",
    });
    site.write("deploy.conf", conf(engine));
    const nameless = await site.zdd("deploy");
    assertEquals(nameless.code, 2, nameless.stderr);
    assertMatch(nameless.stderr, /"tests:\{release\}" wants a release/);
    await stopAll(site, engine);
  },
);

test(
  "a slow image, a canary, a standby and a rollback lose nothing",
  async (box, engine) => {
    const site = siteIn(box, engine, "roles", { lines: ["standby: yes"] });
    await succeed(site, "deploy", "--release", "v1");
    await using load = await site.startLoad(LOAD);
    site.write(
      "deploy.conf",
      conf(engine, {
        lines: ["standby: yes", "env: DELAY=1500"],
      }),
    );
    await succeed(site, "deploy", "--release", "v2");
    assertEquals((await containers(site, engine)).length, 2);
    await succeed(site, "rollback");
    assertEquals(await version(site), "v1");
    await succeed(site, "deploy", "--release", "v3", "--canary", "50");
    const canary = (await instances(site)).find(({ state }) =>
      state === "canary"
    );
    assertEquals(canary?.release, "v3");
    await succeed(site, "promote");
    assertEquals(await version(site), "v3");
    const { failed, kinds } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    await stopAll(site, engine);
  },
);

test(
  "what is killed comes back where it was, and its log is the engine's",
  async (box, engine) => {
    const site = siteIn(box, engine, "killed");
    const other = siteIn(box, engine, "before");
    // Whose address would be free then.
    await succeed(other, "deploy", "--release", "v1");
    await succeed(site, "deploy", "--release", "v1");
    await stopAll(other, engine);
    const [first] = await instances(site);
    await box.shell(`kill -9 ${first?.pid}`);
    await until("back", async () => (await instances(site))[0]?.restarts === 1);
    await until("it serves", async () => await version(site) === "v1");
    const [again] = await instances(site);
    assertEquals(
      [again?.address, again?.container, again?.state],
      [first?.address, first?.container, "serving"],
    );
    assertNotEquals(again?.pid, first?.pid);
    const { stdout } = await site.zdd("status");
    assertMatch(stdout, / RESTARTS +CONTAINER\n.* 1 +[0-9a-f]{12}$/m);
    assertMatch(await succeed(site, "logs"), /(^server\.mjs: good.*\n.*){2}/ms);
    assertMatch(await succeed(site, "logs", "--since=-1h"), /begins at/);
    await using load = await site.startLoad(LOAD);
    const said = await succeed(site, "deploy", "--release", "v2");
    assertMatch(said, new RegExp(`drained ${again?.pid}`));
    assertEquals((await load.stop()).failed, 0);
    assertEquals((await containers(site, engine)).length, 1);
    await stopAll(site, engine);
  },
);

test(
  "a deploy that is killed leaves no container, once the next has run",
  async (box, engine) => {
    const site = siteIn(box, engine, "dying");
    await succeed(site, "deploy", "--release", "v1");
    site.write("deploy.conf", conf(engine, { lines: ["env: DELAY=60000"] }));
    const dying = site.zdd("deploy", "--release", "v2");
    await until(
      "begun",
      async () => (await containers(site, engine)).length === 2,
    );
    await box.shell("pkill -9 -f '[m]ain.ts deploy|/[z]ddeploy deploy'");
    await dying;
    assertEquals(await version(site), "v1");
    site.write("deploy.conf", conf(engine));
    await succeed(site, "deploy", "--release", "v3");
    assertEquals(await version(site), "v3");
    assertEquals((await containers(site, engine)).length, 1);
    // What has ended by itself goes, too.
    const [{ container = "" } = {}] = await instances(site);
    await box.shell(`${engine} stop ${container}`);
    await succeed(site, "start");
    assertEquals(await version(site), "v3");
    assertEquals((await containers(site, engine)).length, 1);
    await stopAll(site, engine);
  },
);

test(
  "on the host's network it listens on the port that it is told",
  async (box, engine) => {
    const site = siteIn(box, engine, "host", {
      args: "",
      port: "network: host",
      lines: ["user: nobody", "stop: kill -INT", "kill_after: 300ms"],
    });
    await succeed(site, "deploy", "--release", "v1");
    await using load = await site.startLoad(LOAD);
    await succeed(site, "deploy", "--release", "v2");
    assertEquals((await load.stop()).failed, 0);
    const [{ address = "", pid = 0 } = {}] = await instances(site);
    assertMatch(address, /^127\.0\.0\.1:\d+$/);
    assertMatch(await box.shell(`cat /proc/${pid}/status`), /^Uid:\t65534\t/m);
    assertEquals((await containers(site, engine)).length, 1);
    await stopAll(site, engine);
  },
);

test(
  "a container that isn't zdd's is left alone, whatever the state says",
  async (box, engine) => {
    const site = siteIn(box, engine, "foreign");
    await succeed(site, "deploy", "--release", "v1");
    const other = siteIn(box, engine, "other");
    await succeed(other, "deploy", "--release", "v1");
    const handleIn = (site: BoxedSite) =>
      /"handle":\s*"([^"]+)"/.exec(site.read(".zdd/state.json"))?.[1] ?? "";
    const own = handleIn(site);
    const foreign = handleIn(other);
    assertNotEquals(own, foreign);
    const state = site.read(".zdd/state.json");
    const id = foreign.split(" ")[0] ?? "";
    site.write(".zdd/state.json", state.replace(own, id));
    await succeed(site, "stop", "--nginx");
    assertEquals(await version(other), "v1");
    assertEquals((await containers(other, engine)).length, 1);
    await box.shell(`${engine} rm -f ${own.split(" ")[0]}`);
    await stopAll(other, engine);
  },
);

test(
  "prune leaves the images of the last releases, and what zdd hasn't deployed",
  async (box, engine) => {
    const image = `prune-${engine}`;
    await box.shell(
      [...VERSIONS, "other"].map((tag) =>
        `${engine} tag tests:${tag === "other" ? "v1" : tag} ${image}:${tag}`
      ).join("; "),
    );
    const list = `${engine} images --format '{{.Repository}}:{{.Tag}}'`;
    const images = async () =>
      (await box.shell(`${list} | sed -n 's/.*${image}://p' | sort -u`))
        .split("\n");
    const site = siteIn(box, engine, "prune", { image: `${image}:{release}` });
    for (const release of VERSIONS) {
      await succeed(site, "deploy", "--release", release);
    }
    await succeed(site, "prune");
    assertEquals(await images(), ["other", ...VERSIONS]);
    const said = await succeed(site, "prune", "--keep", "1");
    assertMatch(
      said,
      new RegExp(`^zdd: removed ${image}:v1 .*^pruned in`, "ms"),
    );
    assertEquals(await images(), ["other", "v3"]);
    const { stdout } = await site.zdd("prune", "--keep", "0", "--json");
    assertEquals(JSON.parse(stdout).images, []);
    await stopAll(site, engine);
    await succeed(site, "prune", "--keep", "0");
    assertEquals(await images(), ["other"]);
  },
);

Deno.test("a start command that runs a container is told of the key that does", async () => {
  await using site = await Site.live({ start: "docker run --rm none" });
  const { code, stderr } = await site.zdd("deploy");
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^hint: instead of start, "container: docker" with/m);
});

Deno.test({
  name: "in containers of docker, a restart of the engine ends no service",
  ignore: !engines.includes("docker"),
  fn: async () => {
    if (box === undefined) return;
    const site = siteIn(box, "docker", "engine");
    await succeed(site, "deploy", "--release", "v1");
    site.write("deploy.conf", conf("docker", { lines: ["env: DELAY=3000"] }));
    const deploying = site.zdd("deploy", "--release", "v2");
    const running = "docker ps --quiet --filter name=zdd-engine- | wc -l";
    await until("it runs", async () => await box.shell(running) === "2");
    await box.shell("systemctl restart docker");
    const { code, stderr } = await deploying;
    const serving = code === 0 ? "v2" : "v1";
    await until("it serves", async () => await version(site) === serving);
    assertEquals((await containers(site, "docker")).length, 1, stderr);
    site.write("deploy.conf", conf("docker"));
    await succeed(site, "deploy", "--release", "v3");
    assertEquals(await version(site), "v3");
    assertEquals((await containers(site, "docker")).length, 1);
    await stopAll(site, "docker");
  },
});

test(
  "its sample loses nothing under load, and goes back",
  async (box, engine) => {
    await makeNodeImage(box, engine);
    const sample = new URL(`../../samples/${engine}/`, import.meta.url);
    const names = [...Deno.readDirSync(sample)].map(({ name }) => name);
    const site = new BoxedSite(
      box,
      `sample-${engine}`,
      Object.fromEntries(names.map((name) => [
        name,
        Deno.readTextFileSync(new URL(name, sample))
          .replace(/listen 80\d\d/, "listen 127.0.0.1:%PORT%"),
      ])),
    );
    const release = async (name: string) => {
      const build = `DOCKER_BUILDKIT=0 ${engine} build --tag hello:${name} .`;
      await box.shell(`cd ${site.directory} && ${build}`);
      await succeed(site, "deploy", "--release", name);
    };
    await release("1");
    await using load = await site.startLoad({
      expect: new RegExp(`^hello from ${engine}, release [12]\n$`),
      text: /release (\d)/,
    });
    await release("2");
    await succeed(site, "rollback");
    const { failed, kinds, answers } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    assertEquals(answers.length, 2);
    assertEquals(await site.get(), `hello from ${engine}, release 1`);
    await stopAll(site, engine);
  },
);

test(
  "a worker in a container is replaced with the others",
  async (box, engine) => {
    const site = siteIn(box, engine, "worker");
    const worker = conf(engine, {
      port: "port: none",
      start: "/usr/bin/node -e setInterval(()=>{},1e6)",
      // As process 1 it ignores SIGTERM.
      lines: ["settle: 200ms", "stop_timeout: 500ms"],
    }).replace(/^[^]*?\[service:web\]/, "[service:jobs]");
    site.write("deploy.conf", `${conf(engine)}\n${worker}`);
    for (const release of ["v1", "v2"]) {
      await succeed(site, "deploy", "--release", release);
      assertEquals((await containers(site, engine)).length, 2);
    }
    assertMatch(
      (await site.zdd("status")).stdout,
      /^jobs +serving .* v2 .*[0-9a-f]{12}$/m,
    );
    await stopAll(site, engine);
  },
);
