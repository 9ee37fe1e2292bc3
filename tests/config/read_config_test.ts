import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { relative } from "@std/path";
import { readConfig } from "../../lib/config/read_config.ts";
import { ZddError } from "../../lib/error.ts";
import type { Key } from "../../lib/config/key.ts";
import { KEYS } from "../../lib/config/keys.ts";
import { ConfDir, NGINX, WEB } from "./conf_dir.ts";

Deno.test("readConfig() fills in the defaults of [nginx] and [deploy]", () => {
  using directory = new ConfDir(NGINX);
  const { nginx, services, ...config } = directory.config();
  assertEquals(config.file, directory.file);
  assertEquals(config.directory, directory.path);
  assertEquals(config.stateDir, directory.join(".zdd"));
  assertEquals(config.verify, undefined);
  assertEquals(services, []);
  assertEquals(nginx.template, directory.join("nginx.conf.template"));
  assertEquals(nginx.rendered, directory.join("nginx.conf"));
  assertEquals(nginx.conf, directory.join("nginx.conf"));
  assertEquals(nginx.pidFile, directory.join("n.pid"));
  assert(nginx.command.endsWith("/nginx"), nginx.command);
  assertEquals(nginx.reloadTimeout, 10_000);
});

Deno.test("readConfig() fills in the defaults of a service", () => {
  using directory = new ConfDir(NGINX, WEB);
  const [web] = directory.config().services;
  assertEquals(web?.name, "web");
  assertEquals(web?.start, "./web");
  assertEquals(web?.stop, "kill -TERM");
  assertEquals(web?.pidFile, directory.join("web.pid"));
  assertEquals(web?.cwd, directory.path);
  assertEquals([web?.port, web?.instances, web?.standby], ["file", 1, false]);
  assertEquals(web?.log, directory.join(".zdd/log/web.log"));
  assertEquals(web?.env, {});
  assertEquals(web?.startTimeout, 30_000);
  assertEquals(web?.health, undefined);
  assertEquals(web?.drainTimeout, 30_000);
  assertEquals(web?.stopTimeout, 10_000);
  assertEquals(web?.killAfter, undefined);
});

Deno.test("readConfig() reads every key", () => {
  using directory = new ConfDir(
    NGINX + "conf: main.conf\ncommand: ./my-nginx\nreload_timeout: 500ms",
    "[service:web]",
    "start: ./web -p %(dir)s/web.pid",
    "dir: run",
    "pid_file: %(dir)s/web.pid",
    "stop: kill -QUIT",
    "cwd: run",
    "log: run/web.log",
    "env: A=1",
    "  B=2",
    "env_file: web.env",
    "start_timeout: 1m",
    "health: /up",
    "health_status: 200, 204",
    "health_timeout: 2",
    "drain_timeout: 3",
    "stop_timeout: 4",
    "kill_after: 5",
    "[deploy]",
    "state_dir: state",
    "verify: http://localhost/up",
  );
  directory.write("my-nginx", "", 0o755);
  directory.write("run/web.pid");
  directory.write("web.env", "B=0\nC=3\n");
  const { nginx, services: [web], ...config } = directory.config();
  assertEquals(nginx.conf, directory.join("main.conf"));
  assertEquals(nginx.rendered, directory.join("nginx.conf"));
  assertEquals(nginx.command, directory.join("my-nginx"));
  assertEquals(nginx.reloadTimeout, 500);
  assertEquals(web?.start, "./web -p run/web.pid");
  assertEquals(web?.stop, "kill -QUIT");
  assertEquals(web?.pidFile, directory.join("run/web.pid"));
  assertEquals(web?.cwd, directory.join("run"));
  assertEquals(web?.log, directory.join("run/web.log"));
  assertEquals(web?.env, { A: "1", B: "2", C: "3" });
  assertEquals(web?.startTimeout, 60_000);
  assertEquals(web?.health, "/up");
  assertEquals(web?.healthStatus, [
    { low: 200, high: 200 },
    { low: 204, high: 204 },
  ]);
  assertEquals(web?.healthTimeout, 2000);
  assertEquals(web?.drainTimeout, 3000);
  assertEquals(web?.stopTimeout, 4000);
  assertEquals(web?.killAfter, 5000);
  assertEquals(config.stateDir, directory.join("state"));
  assertEquals(config.verify, "http://localhost/up");
});

Deno.test("readConfig() takes paths relative to deploy.conf, whatever the directory it runs in", () => {
  using directory = new ConfDir(NGINX, "[deploy]", "state_dir: ../state");
  const { config } = readConfig(relative(Deno.cwd(), directory.file));
  assertEquals(config.directory, directory.path);
  assertEquals(config.nginx.pidFile, directory.join("n.pid"));
  assertEquals(config.stateDir, directory.join("../state"));
});

Deno.test("readConfig() takes absolute paths as they are", () => {
  using directory = new ConfDir(NGINX, "[deploy]", "state_dir: /srv/zdd");
  assertEquals(directory.config().stateDir, "/srv/zdd");
});

Deno.test("readConfig() keeps the services in their order", () => {
  using directory = new ConfDir(
    NGINX,
    WEB.replace("web]", "zoo]"),
    WEB.replace("web]", "api]").replace("web.pid", "api.pid"),
  );
  const names = directory.config().services.map(({ name }) => name);
  assertEquals(names, ["zoo", "api"]);
});

Deno.test("readConfig() gives every service the values of [DEFAULT]", () => {
  using directory = new ConfDir(
    "[DEFAULT]",
    "stop: kill -QUIT",
    "pid_file: %(name)s.pid",
    "name: other",
    NGINX,
    "[service:web]\nstart: ./web\nname: web",
    "[service:api]\nstart: ./api\nstop: kill -INT",
  );
  const [web, api] = directory.config().services;
  assertEquals(web?.stop, "kill -QUIT");
  assertEquals(web?.pidFile, directory.join("web.pid"));
  assertEquals(api?.stop, "kill -INT");
  assertEquals(api?.pidFile, directory.join("other.pid"));
});

Deno.test("readConfig() takes keys in any case and with either delimiter", () => {
  using directory = new ConfDir(
    NGINX,
    "[service:web]\nStart = ./web\nPID_FILE: web.pid",
  );
  assertEquals(directory.config().services[0]?.start, "./web");
});

Deno.test("readConfig() joins the lines of a command with blanks", () => {
  using directory = new ConfDir(
    NGINX,
    "[service:web]\nstart: ./web\n    --one\n    # a comment\n    --two",
    "pid_file: web.pid",
  );
  assertEquals(directory.config().services[0]?.start, "./web --one --two");
});

Deno.test("readConfig() takes an empty value for the default", () => {
  for (const keys of [KEYS.service, KEYS.deploy, KEYS.nginx]) {
    const optional = Object.entries<Key>(keys)
      .filter(([name, { required }]) => !required && name !== "pid_file");
    const empty = optional.map(([name]) => `${name}:\n`).join("");
    using directory = new ConfDir();
    const write = (text: string) => directory.write("deploy.conf", text);
    write(NGINX + WEB + "[deploy]\n");
    const plain = directory.config();
    write(
      keys === KEYS.service
        ? NGINX + WEB + empty
        : keys === KEYS.nginx
        ? NGINX + empty + WEB
        : NGINX + WEB + "[deploy]\n" + empty,
    );
    assertEquals(directory.config(), plain);
  }
});

Deno.test("readConfig() needs no pid file where zdd hands out the address", () => {
  for (const port of ["env", "socket", "ENV"]) {
    using directory = new ConfDir(
      NGINX,
      `[service:web]\nstart: ./web\nport: ${port}`,
    );
    const [web] = directory.config().services;
    assertEquals(web?.port, port.toLowerCase());
    assertEquals(web?.pidFile, undefined);
  }
});

Deno.test("readConfig() keeps {instance} where there are several", () => {
  const text = WEB.replace("web.pid", "web-{instance}.pid");
  using two = new ConfDir(NGINX, text, "instances: 2");
  assertEquals(
    two.config().services[0]?.log,
    two.join(".zdd/log/web-{instance}.log"),
  );
  using directory = new ConfDir(NGINX, text, "instances: 3\nstandby: yes");
  const [web] = directory.config().services;
  assertEquals(web?.instances, 3);
  assertEquals(web?.standby, true);
  assertEquals(web?.pidFile, directory.join("web-{instance}.pid"));
  assertEquals(web?.log, directory.join(".zdd/log/web-{instance}.log"));
});

Deno.test("readConfig() refuses the address of another kind than zdd picks", () => {
  const cases: [lines: string, wrong?: RegExp][] = [
    [
      "port: socket\nstart: serve --port {port}",
      /"start".*expected \{socket\} with port: socket, got "serve --port \{port\}"/,
    ],
    [
      "port: env\nstart: serve {socket}",
      /"start".*expected \{port\} with port: env/,
    ],
    [
      "port: socket\nstart: a\nenv: LISTEN=:{port}",
      /"env".*expected \{socket\}.*got ":\{port\}"/,
    ],
    ["port: socket\nstart: serve {socket}"],
    ["port: env\nstart: serve {port}"],
    ["port: socket\nstart: port=1; serve ${port} {socket}"],
    ["pid_file: a.pid\nstart: serve {port}"], // as the Python zdd took it
  ];
  for (const [lines, wrong] of cases) {
    using directory = new ConfDir(`${NGINX}[service:web]\n${lines}\n`);
    const said = directory.mistakes().join("\n");
    if (wrong === undefined) assertEquals(said, "");
    else assertMatch(said, wrong);
  }
});

Deno.test("readConfig() wants a pid file for each of several instances", () => {
  using directory = new ConfDir(NGINX + WEB + "instances: 2");
  const [mistake = "", ...others] = directory.mistakes();
  assertEquals(others, []);
  assert(mistake.startsWith('deploy.conf:6: Cannot use "pid_file"'), mistake);
});

Deno.test("readConfig() takes names with every letter, digits, dots and dashes", () => {
  for (const name of ["web", "api-2", "a.b_c", "größe", "日本", "9"]) {
    using directory = new ConfDir(NGINX, WEB.replace("web]", `${name}]`));
    assertEquals(directory.config().services[0]?.name, name);
  }
});

Deno.test("readConfig() finds nginx where an ordinary user's PATH doesn't lead", () => {
  const path = Deno.env.get("PATH") ?? "";
  using directory = new ConfDir(NGINX);
  Deno.env.set("PATH", "/nowhere");
  try {
    assertEquals(directory.config().nginx.command, "/usr/sbin/nginx");
  } finally {
    Deno.env.set("PATH", path);
  }
});

Deno.test("readConfig() says which file it can't read, and that this is the user's mistake", () => {
  using directory = new ConfDir(NGINX);
  const missing = directory.join("other.conf");
  for (const path of [missing, directory.path]) {
    const error = assertThrows(() => readConfig(path), ZddError);
    assert(error.message.startsWith(`Cannot read "${path}": `), error.message);
    assertEquals(error.exitStatus, 2);
    assert(error.hint?.includes("--conf"));
  }
});
