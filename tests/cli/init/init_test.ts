import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import {
  addIgnores,
  initialize,
  type InitOptions,
} from "../../../lib/cli/init/init.ts";
import { ZddError } from "../../../lib/error.ts";
import { TempDir } from "../../system/temp_dir.ts";

/** A port that nothing listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  return listener.addr.port;
}

function optionsFor(overrides: Partial<InitOptions> = {}): InitOptions {
  return {
    kind: "command",
    command: ["./serve", "{port}"],
    listen: { port: freePort() },
    isSystem: false,
    ...overrides,
  };
}

function refused(path: string, overrides: Partial<InitOptions> = {}): ZddError {
  return assertThrows(() => initialize(path, optionsFor(overrides)), ZddError);
}

Deno.test("initialize() writes three files, and tells what it has found", () => {
  using directory = new TempDir();
  const conf = directory.join("deploy.conf");
  const options = optionsFor();
  assertEquals(initialize(conf, options), {
    directory: directory.path,
    services: [{
      name: "web",
      kind: "command",
      server: { start: "./serve {port}" },
    }],
    url: `http://localhost:${options.listen.port}/`,
    ignores: [],
    files: ["deploy.conf", "nginx.conf.template", "logrotate.conf"]
      .map((name) => directory.join(name)),
    warnings: [],
  });
  assertEquals(directory.names().toSorted(), [
    "deploy.conf",
    "logrotate.conf",
    "nginx.conf.template",
  ]);
  const rotation = directory.read("logrotate.conf");
  assertMatch(rotation, /^"\/.*\/log\/\*\.log"$/m);
  assert(directory.read("deploy.conf").includes("\nstart: ./serve {port}\n"));
  const template = directory.read("nginx.conf.template");
  assert(template.includes(`listen ${options.listen.port};`), template);
});

Deno.test("initialize() passes on what may be wrong with a server", () => {
  using directory = new TempDir();
  directory.write("server.js", "listen(3000)");
  const options = optionsFor({ kind: undefined, command: [] });
  const { services: [{ kind }], warnings } = initialize(
    directory.join("x.conf"),
    options,
  );
  assertEquals([kind, warnings.length], ["node", 1]);
  assert(warnings[0]?.startsWith("server.js doesn't mention PORT"));
});

Deno.test("initialize() refuses where something is or nothing can be, and writes nothing", () => {
  using directory = new TempDir();
  const conf = directory.join("deploy.conf");
  const cases: [there: string[], message: string][] = [
    [["deploy.conf"], '"deploy.conf" exists already'],
    [["nginx.conf"], '"nginx.conf" exists already'],
    [
      ["deploy.conf", "nginx.conf.template"],
      '"deploy.conf" and "nginx.conf.template" exist already',
    ],
    [
      ["deploy.conf", "logrotate.conf", "nginx.conf.template"],
      '"deploy.conf", "nginx.conf.template" and "logrotate.conf" exist already',
    ],
  ];
  for (const [there, message] of cases) {
    for (const name of there) directory.write(name, "mine");
    const error = refused(conf);
    assertEquals(error.exitStatus, 2);
    assertEquals(
      error.message.replaceAll(`${directory.path}/`, ""),
      `${message}; nothing was written`,
    );
    assertEquals(directory.names(), there);
    for (const name of there) Deno.removeSync(directory.join(name));
  }
  const missing = directory.join("none");
  assertEquals(
    refused(`${missing}/deploy.conf`).message,
    `There is no "${missing}"`,
  );
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = listener.addr;
  assertEquals(
    refused(conf, { listen: { port } }).message,
    `Port ${port} is already in use`,
  );
  assertEquals(directory.names(), []);
});

Deno.test({
  name:
    "initialize() puts the state elsewhere if nginx's workers can't enter the directory",
  ignore: Deno.uid() !== 0, // else they are the same user
  fn() {
    for (
      const [name, project] of [["my app!", "my-app-"], ["a_b-1", "a_b-1"]]
    ) {
      using directory = new TempDir();
      Deno.chmodSync(directory.path, 0o755);
      Deno.mkdirSync(directory.join(`${name}`));
      const conf = directory.join(`${name}`, "deploy.conf");
      const stateDir = () =>
        /^state_dir: (.*)$/m.exec(Deno.readTextFileSync(conf))?.[1];
      initialize(conf, optionsFor());
      assertEquals(stateDir(), undefined);
      for (const file of Deno.readDirSync(dirname(conf))) {
        Deno.removeSync(`${dirname(conf)}/${file.name}`);
      }
      Deno.chmodSync(directory.path, 0o750);
      initialize(conf, optionsFor());
      assertEquals(stateDir(), `/var/lib/zdd/${project}`);
    }
  },
});

Deno.test("initialize() takes words without a kind for the command, whatever is there", () => {
  using directory = new TempDir();
  directory.write("app.py", "app = FastAPI()\n");
  const { services: [{ kind, server }] } = initialize(
    directory.join("deploy.conf"),
    optionsFor({
      kind: undefined,
      command: ["daphne", "-u", "{socket}", "a:b"],
    }),
  );
  assertEquals([kind, server.start], ["command", "daphne -u {socket} a:b"]);
  assertMatch(directory.read("deploy.conf"), /^port: socket$/m);
});

Deno.test("initialize() makes two services of two applications side by side", () => {
  using directory = new TempDir();
  directory.write("api/app.py", "app = Flask(__name__)\n");
  directory.write("web/server.js", "listen(3000)");
  directory.write("docs/index.js", "");
  directory.write("README.md", "");
  const { services, warnings } = initialize(
    directory.join("deploy.conf"),
    optionsFor({ kind: undefined, command: [] }),
  );
  assertEquals(
    services.map(({ name, directory, kind }) => [name, directory, kind]),
    [["web", "web", "node"], ["api", "api", "gunicorn"]],
  );
  assertMatch(directory.read("deploy.conf"), /^cwd: api$/m);
  assertMatch(warnings.join(), /^web: server\.js doesn't mention PORT/);
});

Deno.test("initialize() keeps what nginx makes out of a directory whose path it can't have", () => {
  for (const name of ['a "b"', "a $b", "a\\b"]) {
    using directory = new TempDir();
    const conf = directory.join(name, "deploy.conf");
    Deno.mkdirSync(dirname(conf));
    initialize(conf, optionsFor());
    assertMatch(Deno.readTextFileSync(conf), /^state_dir: \/.*\/zdd\/a-b-?$/m);
    assertMatch(Deno.readTextFileSync(conf), /^pid_file: \/.*\/nginx\.pid$/m);
  }
  // No socket's path has a blank, or more than 107 bytes.
  for (const name of ["a b", "a".repeat(100)]) {
    using directory = new TempDir();
    Deno.chmodSync(directory.path, 0o755);
    const conf = directory.join(name, "deploy.conf");
    Deno.mkdirSync(dirname(conf));
    initialize(conf, optionsFor({ command: ["x", "{socket}"] }));
    assertMatch(Deno.readTextFileSync(conf), /^state_dir: /m);
  }
});

Deno.test("initialize() tells what .gitignore lacks, in a repository only", () => {
  using directory = new TempDir();
  const lacks = () => {
    const conf = directory.join("app/deploy.conf");
    const { ignores } = initialize(conf, optionsFor());
    for (const { name } of Deno.readDirSync(dirname(conf))) {
      if (name !== ".gitignore") Deno.removeSync(`${dirname(conf)}/${name}`);
    }
    return ignores;
  };
  directory.write("app/.gitignore", "node_modules\n.zdd\naccess.log");
  assertEquals(lacks(), []);
  directory.write(".git/HEAD");
  const lines = ["/nginx.conf", "/nginx.pid", "/nginx-temp/", "/error.log"];
  assertEquals(lacks(), lines);
  addIgnores(directory.join("app"), lines);
  assertEquals(
    directory.read("app/.gitignore"),
    `node_modules\n.zdd\naccess.log\n${lines.join("\n")}\n`,
  );
  assertEquals(lacks(), []);
});
