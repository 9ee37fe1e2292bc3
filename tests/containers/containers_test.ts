import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { makeNodeImage, VERSIONS } from "../support/container_host.ts";
import { SERVER } from "../support/project.ts";
import {
  containerConf,
  type ContainerOptions,
  ContainerSite,
  RELEASES,
  testsOfEngines,
} from "../support/container_site.ts";
import { SystemdBox } from "../support/systemd_box.ts";
import { until } from "../support/until.ts";

const test = await testsOfEngines(await SystemdBox.boot());

test(
  "deploys under load lose nothing and leave one container",
  async (box, engine) => {
    const secret = "a$b\"c'd`e\\f #g";
    const site = new ContainerSite(box, engine, "many", {
      lines: ["memory_max: 200M", "instances: 2", `env: SECRET='${secret}'`],
    });
    assertMatch(await site.deploy("v1"), /started/);
    await using load = await site.startLoad(RELEASES);
    for (const release of ["v2", "v3", "v1"]) {
      const said = await site.deploy(release, "-v");
      assert(!said.includes("a$b"));
      assertMatch(said, /drained \d+ /);
    }
    const { failed, kinds, answers } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    assertEquals(answers.length, 3);
    const [name = "", ...others] = await site.containers();
    assertEquals(others.length, 1);
    assertMatch(name, /^zdd-many-\w+-web-\d{8}T\d{6}-\w{6}$/);
    const [{ pid = 0, memory = 0 } = {}] = await site.instances();
    assert(memory > 2 ** 20 && memory < 200 * 2 ** 20, String(memory));
    const environment = await box.shell(`tr '\\0' '\\n' </proc/${pid}/environ`);
    assert(environment.split("\n").includes(`SECRET=${secret}`), environment);
    assert(!/^(NO_COLOR|DENO_DIR)=/m.test(environment), environment);
    const limit = await box.shell(
      `${engine} inspect --format '{{.HostConfig.Memory}}' ${name}`,
    );
    assertEquals(limit, String(200 * 2 ** 20));
    await site.stopAll();
  },
);

test(
  "a release that can't be is told in its own words, and leaves nothing",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "broken", {
      lines: ["start_timeout: 20"],
    });
    await site.deploy("v1");
    const before = await site.containers();
    const fails = async (
      said: RegExp,
      options: ContainerOptions,
      release = "v2",
    ) => {
      site.configure(options);
      const { code, stderr } = await site.zdd("deploy", "--release", release);
      assertEquals(code, 1, stderr);
      assertMatch(stderr, said);
      assertEquals(await site.containers(), before);
      assertEquals(await site.version(), "v1");
    };
    await fails(
      /container of tests:v2 ended with exit status \d$[^]*left-pad[^]*\(\w+ logs zdd-broken-\w+-web-[\w-]+\)/m,
      { args: "--mode exit" },
    );
    await fails(
      /web didn't start: nothing listens on [\d.]+:8080 after 2 s; it listens on 127\.0\.0\.1:9000$[^]*`container_port`/m,
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
    site.configure();
    const nameless = await site.zdd("deploy");
    assertEquals(nameless.code, 2, nameless.stderr);
    assertMatch(nameless.stderr, /"tests:\{release\}" has no release yet/);
    await site.stopAll();
  },
);

test(
  "a slow image, a canary, a standby and a rollback lose nothing",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "roles", {
      lines: ["standby: yes"],
    });
    await site.deploy("v1");
    await using load = await site.startLoad(RELEASES);
    site.configure({ lines: ["standby: yes", "env: DELAY=1500"] });
    await site.deploy("v2");
    assertEquals((await site.containers()).length, 2);
    await site.succeed("rollback");
    assertEquals(await site.version(), "v1");
    await site.deploy("v3", "--canary", "50");
    const canary = (await site.instances()).find(({ state }) =>
      state === "canary"
    );
    assertEquals(canary?.release, "v3");
    await site.succeed("promote");
    assertEquals(await site.version(), "v3");
    const { failed, kinds } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    await site.stopAll();
  },
);

test(
  "what is killed comes back where it was, and its log is the engine's",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "killed");
    const other = new ContainerSite(box, engine, "before");
    // Whose address would be free then.
    await other.deploy("v1");
    await site.deploy("v1");
    await other.stopAll();
    const [first] = await site.instances();
    await box.shell(`kill -9 ${first?.pid}`);
    await until(
      "back",
      async () => (await site.instances())[0]?.restarts === 1,
    );
    await until("it serves", async () => await site.version() === "v1");
    const [again] = await site.instances();
    assertEquals(
      [again?.address, again?.container, again?.state],
      [first?.address, first?.container, "serving"],
    );
    assertNotEquals(again?.pid, first?.pid);
    const { stdout } = await site.zdd("status");
    assertMatch(stdout, / RESTARTS +CONTAINER\n.* 1 +[0-9a-f]{12}$/m);
    assertMatch(await site.succeed("logs"), /(^server\.mjs: good.*\n.*){2}/ms);
    assertMatch(await site.succeed("logs", "--since=-1h"), /begins at/);
    await using load = await site.startLoad(RELEASES);
    const said = await site.deploy("v2");
    assertMatch(said, new RegExp(`drained ${again?.pid}`));
    assertEquals((await load.stop()).failed, 0);
    assertEquals((await site.containers()).length, 1);
    await site.stopAll();
  },
);

test(
  "a deploy that is killed leaves no container, once the next has run",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "dying");
    await site.deploy("v1");
    site.configure({ lines: ["env: DELAY=60000"] });
    const dying = site.zdd("deploy", "--release", "v2");
    await until(
      "begun",
      async () => (await site.containers()).length === 2,
    );
    await box.shell("pkill -9 -f '[m]ain.ts deploy|/[z]ddeploy deploy'");
    await dying;
    assertEquals(await site.version(), "v1");
    site.configure();
    await site.deploy("v3");
    assertEquals(await site.version(), "v3");
    assertEquals((await site.containers()).length, 1);
    // What has ended by itself goes, too.
    const [{ container = "" } = {}] = await site.instances();
    await box.shell(`${engine} stop ${container}`);
    await site.succeed("start");
    assertEquals(await site.version(), "v3");
    assertEquals((await site.containers()).length, 1);
    await site.stopAll();
  },
);

test(
  "on the host's network it listens on the port that it is told",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "host", {
      args: "",
      port: "network: host",
      lines: ["user: nobody", "stop: kill -INT", "kill_after: 300ms"],
    });
    await site.deploy("v1");
    await using load = await site.startLoad(RELEASES);
    await site.deploy("v2");
    assertEquals((await load.stop()).failed, 0);
    const [{ address = "", pid = 0 } = {}] = await site.instances();
    assertMatch(address, /^127\.0\.0\.1:\d+$/);
    assertMatch(await box.shell(`cat /proc/${pid}/status`), /^Uid:\t65534\t/m);
    assertEquals((await site.containers()).length, 1);
    await site.stopAll();
  },
);

test(
  "a container that isn't zdd's is left alone, whatever the state says",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "foreign");
    await site.deploy("v1");
    const other = new ContainerSite(box, engine, "other");
    await other.deploy("v1");
    const handleIn = (site: ContainerSite) =>
      /"handle":\s*"([^"]+)"/.exec(site.read(".zdd/state.json"))?.[1] ?? "";
    const own = handleIn(site);
    const foreign = handleIn(other);
    assertNotEquals(own, foreign);
    const state = site.read(".zdd/state.json");
    const id = foreign.split(" ")[0] ?? "";
    site.write(".zdd/state.json", state.replace(own, id));
    await site.succeed("stop", "--nginx");
    assertEquals(await other.version(), "v1");
    assertEquals((await other.containers()).length, 1);
    await box.shell(`${engine} rm -f ${own.split(" ")[0]}`);
    await other.stopAll();
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
    const site = new ContainerSite(box, engine, "prune", {
      image: `${image}:{release}`,
    });
    for (const release of VERSIONS) {
      await site.deploy(release);
    }
    await site.succeed("prune");
    assertEquals(await images(), ["other", ...VERSIONS]);
    const said = await site.succeed("prune", "--keep", "1");
    assertMatch(
      said,
      new RegExp(`^zdd: removed ${image}:v1 .*^pruned in`, "ms"),
    );
    assertEquals(await images(), ["other", "v3"]);
    const { stdout } = await site.zdd("prune", "--keep", "0", "--json");
    assertEquals(JSON.parse(stdout).images, []);
    await site.stopAll();
    await site.succeed("prune", "--keep", "0");
    assertEquals(await images(), ["other"]);
  },
);

test(
  "a restart of the engine ends no service",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "engine");
    await site.deploy("v1");
    site.configure({ lines: ["env: DELAY=3000"] });
    const deploying = site.zdd("deploy", "--release", "v2");
    const running = "docker ps --quiet --filter name=zdd-engine- | wc -l";
    await until("it runs", async () => await box.shell(running) === "2");
    await box.shell("systemctl restart docker");
    const { code, stderr } = await deploying;
    const serving = code === 0 ? "v2" : "v1";
    await until("it serves", async () => await site.version() === serving);
    assertEquals((await site.containers()).length, 1, stderr);
    site.configure();
    await site.deploy("v3");
    assertEquals(await site.version(), "v3");
    assertEquals((await site.containers()).length, 1);
    await site.stopAll();
  },
  ["docker"],
);

test(
  "its sample loses nothing under load, and goes back",
  async (box, engine) => {
    await makeNodeImage(box, engine);
    const sample = new URL(`../../samples/${engine}/`, import.meta.url);
    const names = [...Deno.readDirSync(sample)].map(({ name }) => name);
    const site = new ContainerSite(box, engine, "sample");
    for (const name of names) {
      const text = Deno.readTextFileSync(new URL(name, sample));
      site.write(
        name,
        text.replace(/listen 80\d\d/, "listen 127.0.0.1:%PORT%"),
      );
    }
    const release = async (name: string) => {
      const build = `DOCKER_BUILDKIT=0 ${engine} build --tag hello:${name} .`;
      await box.shell(`cd ${site.directory} && ${build}`);
      await site.deploy(name);
    };
    await release("1");
    await using load = await site.startLoad({
      expect: new RegExp(`^hello from ${engine}, release [12]\n$`),
      text: /release (\d)/,
    });
    await release("2");
    await site.succeed("rollback");
    const { failed, kinds, answers } = await load.stop();
    assertEquals({ failed, kinds }, { failed: 0, kinds: {} });
    assertEquals(answers.length, 2);
    assertEquals(await site.get(), `hello from ${engine}, release 1`);
    await site.stopAll();
  },
);

test(
  "a worker in a container is replaced with the others",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "worker");
    const worker = containerConf(engine, {
      port: "port: none",
      start: "/usr/bin/node -e setInterval(()=>{},1e6)",
      // As process 1 it ignores SIGTERM.
      lines: ["settle: 200ms", "stop_timeout: 500ms"],
    }).replace(/^[^]*?\[service:web\]/, "[service:jobs]");
    site.write("deploy.conf", `${containerConf(engine)}\n${worker}`);
    for (const release of ["v1", "v2"]) {
      await site.deploy(release);
      assertEquals((await site.containers()).length, 2);
    }
    assertMatch(
      (await site.zdd("status")).stdout,
      /^jobs +serving .* v2 .*[0-9a-f]{12}$/m,
    );
    await site.stopAll();
  },
);

test(
  "what loops in a crash is replaced, and doesn't come back",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "loops", {
      start: "/usr/bin/node /site/loop.mjs 0.0.0.0:8080",
      lines: ["  ./:/site:ro"],
    });
    const serve = Deno.readTextFileSync(SERVER);
    site.write("loop.mjs", serve);
    await site.deploy("v1");
    const [first] = await site.instances();
    site.write("loop.mjs", "process.exit(3);");
    await box.shell(`kill -9 ${first?.pid}`);
    await until(
      "it loops",
      async () => (await site.instances())[0]?.state === "dead",
    );
    site.write("loop.mjs", serve);
    await site.succeed("start");
    assertEquals(await site.version(), "v1");
    assertEquals((await site.containers()).length, 1);
    await site.stopAll();
  },
);

test(
  "what can't be stopped while the engine is down is stopped later",
  async (box, engine) => {
    const site = new ContainerSite(box, engine, "down");
    await site.deploy("v1");
    await box.shell("systemctl stop docker.socket docker");
    try {
      assertMatch(
        await site.succeed("stop"),
        /cannot stop \d+: Cannot ask docker/,
      );
    } finally {
      await box.shell("systemctl start docker");
    }
    assertEquals((await site.containers()).length, 1);
    await site.stopAll();
  },
  ["docker"],
);
