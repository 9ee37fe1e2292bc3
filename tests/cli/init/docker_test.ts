import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { dirname, join } from "@std/path";
import { readCompose } from "../../../lib/cli/init/compose.ts";
import { pageIn, readDockerfile } from "../../../lib/cli/init/dockerfile.ts";
import { initialize } from "../../../lib/cli/init/init.ts";
import { readConfig } from "../../../lib/config/read_config.ts";
import { ZddError } from "../../../lib/error.ts";
import { freePort } from "../../support/free_port.ts";
import { TempDir } from "../../system/temp_dir.ts";

/** What init writes in a directory "shop" with these files, which zddeploy must read. */
async function written(files: Record<string, string>, kind?: string) {
  using directory = new TempDir();
  for (const [name, text] of Object.entries(files)) {
    Deno.mkdirSync(dirname(directory.join(`shop/${name}`)), {
      recursive: true,
    });
    directory.write(`shop/${name}`, text);
  }
  const conf = directory.join("shop/deploy.conf");
  const { services: [{ kind: found }], warnings } = await initialize(conf, {
    kind,
    command: [],
    listen: { port: await freePort() },
    isSystem: false,
  });
  const { config, diagnostics } = readConfig(conf);
  diagnostics.throwIfAny();
  const text = Deno.readTextFileSync(conf);
  return { kind: found, warnings, text, config, path: directory.path };
}

const COMPOSE = `
services:
  web:
    build: .
    image: registry.example.org:5000/shop:latest
    ports: ["80:3000"]
    environment:
      DATABASE_URL: postgres://db/app
      QUOTED: 'a "b" #c $$d 100%'
      API_KEY:
    env_file: .env
    volumes:
      - uploads:/app/uploads
      - ./config:/app/config:ro
      - { type: volume, source: cache, target: /cache, read_only: true }
    command: ["node", "server.js", "--name", "a b"]
    restart: unless-stopped
    stop_grace_period: 1m30s
    stop_signal: SIGINT
    healthcheck: { test: ["CMD", "curl", "-f", "http://localhost:3000/up"] }
    deploy: { replicas: 2, resources: { limits: { memory: 512m, cpus: "1.5" } } }
    cap_drop: [ALL]
    read_only: true
    extra_hosts: ["a:10.0.0.1"]
  db:
    image: postgres:16
    ports: ["5432:5432"]
volumes: { uploads: {}, cache: { external: true } }
`;

Deno.test("init docker translates a compose file", async () => {
  const { kind, warnings, text, config, path } = await written({
    "compose.yaml": COMPOSE,
    "Dockerfile": 'FROM scratch\nCMD ["/app"]\n',
    ".env": "A=1\n",
    "config/a": "",
  });
  assertEquals([kind, warnings], ["docker", []]);
  const [web] = config.services;
  assert(web !== undefined);
  assertEquals(web.image, "registry.example.org:5000/shop:{release}");
  assertEquals(web.start, "node server.js --name 'a b'");
  assertEquals([web.port, web.containerPort], ["container", 3000]);
  assertEquals(web.env, {
    A: "1",
    DATABASE_URL: "postgres://db/app",
    QUOTED: 'a "b" #c $d 100%',
  });
  assertEquals(web.inheritEnv, ["API_KEY"]);
  assertEquals(web.volumes, [
    "shop_uploads:/app/uploads",
    `${join(path, "shop/config")}:/app/config:ro`,
    "cache:/cache:ro",
  ]);
  assertEquals(web.network, "shop_default");
  assertEquals([web.instances, web.memoryMax, web.killAfter], [
    2,
    "512M",
    90_000,
  ]);
  assertEquals([web.restart, web.stop, web.health], [
    "unless-stopped",
    "kill -INT",
    "/up",
  ]);
  assertEquals(
    web.options.join(" "),
    [
      "--cpus 1.5 --cap-drop ALL --add-host a:10.0.0.1 --read-only",
    ].join(),
  );
  assertMatch(text, /^before_start: .*docker build --tag \S+shop:\$ZDD_REL/m);
  assert(!/^# log:/m.test(text));
});

Deno.test("init finds a Dockerfile where nothing else speaks for a kind", async () => {
  const { kind, config, warnings } = await written({
    Dockerfile: "FROM x\nEXPOSE 1\nFROM x\nARG P=3000\nEXPOSE $P/tcp\n" +
      "HEALTHCHECK CMD wget -q http://127.0.0.1:3000/health || exit 1\n",
  });
  assertEquals([kind, warnings], ["docker", []]);
  const [web] = config.services;
  assertEquals(web?.image, "shop:{release}");
  assertEquals([web?.containerPort, web?.health], [3000, "/health"]);

  const other = await written({
    "Dockerfile": "FROM node",
    "server.js": 'listen(process.env.PORT, "127.0.0.1")',
  });
  assertEquals(other.kind, "node");
  const beside = await written({
    "compose.yaml": COMPOSE,
    "web/server.js": 'listen(process.env.PORT, "127.0.0.1")',
    "db/Dockerfile": "FROM x",
  });
  assertEquals(beside.kind, "node");
  const podman = await written({ Dockerfile: "FROM x\nEXPOSE 1" }, "podman");
  assertEquals(podman.config.services[0]?.container, "podman");
});

Deno.test("readCompose() tells what it can't translate", () => {
  const { notes, port, image } = readCompose(
    `services: { web: {
      image: "app:\${TAG}", expose: [80, 81], depends_on: [db],
      labels: {a: b}, volumes: [/data], env_file: [a, b], userns_mode: host,
      healthcheck: {test: pg_isready} }, db: {} }`,
    "shop",
  );
  assertEquals([port, image], [80, "app:${TAG}"]);
  const said = [
    /ports 80, 81/,
    /env_file: only a/,
    /volume \/data has no name/,
    /healthcheck "pg_isready"/,
    /depends_on isn't translated: .*docker compose/,
    /labels isn't translated/,
    /userns_mode isn't translated$/,
    /fills in TAG/,
  ];
  for (const words of said) {
    assert(notes.some((note) => words.test(note)), `${words}: ${notes}`);
  }
  assertEquals(notes.length, said.length);
});

Deno.test("readCompose() takes the service that answers requests, or asks which", () => {
  const named = (services: string, name?: string) =>
    readCompose(`services: { ${services} }`, "shop", name).name;
  assertEquals(named("a: {build: .}, b: {image: x}"), "a");
  assertEquals(named("a: {image: x, ports: [80]}, b: {image: x}"), "a");
  assertEquals(named("a: {build: ., ports: [80]}, b: {ports: [1]}"), "a");
  assertEquals(named("a: {}, b: {}", "b"), "b");
  for (const text of ["a: {}, b: {}", "a: {ports: [1]}, b: {ports: [2]}", ""]) {
    const error = assertThrows(() => named(text), ZddError);
    assertEquals(error.exitStatus, 2);
  }
  assertThrows(() => named("a: {}", "toString"), ZddError, "no service");
  assertThrows(() => readCompose("a: [", "shop"), ZddError, "Cannot read");
});

Deno.test("readDockerfile() warns of what goes wrong in a container", () => {
  const { ports, notes } = readDockerfile(
    "from x\n# a comment\nexpose 80 443 \\\n  53/udp\nVOLUME /data\nCMD node a.js\n",
    "Dockerfile",
  );
  assertEquals(ports, [80, 443]);
  assertEquals(notes.map((note) => /VOLUME|shell|exposes/.exec(note)?.[0]), [
    "exposes",
    "VOLUME",
    "shell",
  ]);
});

Deno.test("pageIn() finds the page that a health check asks for", () => {
  assertEquals(pageIn("curl -f http://localhost:3000/up || exit 1"), "/up");
  assertEquals(pageIn("wget --spider http://127.0.0.1"), "/");
  assertEquals(pageIn('["CMD", "curl", "http://localhost/a?b=1"]'), "/a?b=1");
  assertEquals(pageIn("pg_isready"), undefined);
});
