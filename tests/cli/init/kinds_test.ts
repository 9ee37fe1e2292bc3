import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Server } from "../../../lib/cli/init/kind.ts";
import { findServer, guessKind } from "../../../lib/cli/init/kinds.ts";
import { ZddError } from "../../../lib/error.ts";
import { TempDir } from "../../system/temp_dir.ts";

/** What is found in a directory with these files. */
async function found(
  files: Record<string, string>,
  kind?: string,
  ...words: string[]
): Promise<Server & { kind: string }> {
  using directory = new TempDir();
  for (const [name, text] of Object.entries(files)) directory.write(name, text);
  const known = kind ?? await guessKind(directory.path);
  return { kind: known, ...await findServer(known, directory.path, words) };
}

async function refused(
  files: Record<string, string>,
  kind?: string,
): Promise<ZddError> {
  const error = await assertRejects(() => found(files, kind), ZddError);
  assertEquals(error.exitStatus, 2);
  assert(error.hint?.includes("zddeploy init "), error.hint);
  return error;
}

const LISTENS = 'listen(process.env.PORT, "127.0.0.1")';

Deno.test("init node finds the server in package.json, or by its name", async () => {
  const packageJson = (value: unknown) => JSON.stringify(value);
  const cases: [files: Record<string, string>, start: string][] = [
    [{ "server.js": LISTENS }, "node server.js"],
    [{ "package.json": "{}", "index.mjs": LISTENS }, "node index.mjs"],
    [{
      "package.json": packageJson({ main: "src/web.js" }),
      "src/web.js": LISTENS,
      "index.js": "",
    }, "node src/web.js"],
    [{
      "package.json": packageJson({ scripts: { start: "node ./a.js" } }),
      "a.js": LISTENS,
    }, "node ./a.js"],
    [{
      "package.json": packageJson({ scripts: { start: "next start" } }),
    }, "npm start"],
    [{ "package.json": "not JSON", "app.js": LISTENS }, "node app.js"],
  ];
  for (const [files, start] of cases) {
    const { kind, notes = [], ...server } = await found(files);
    assertEquals([kind, server.start, notes], ["node", start, []]);
  }
});

Deno.test("init warns of a server that can't be told its port", async () => {
  for (const file of ["server.js", "main.ts"]) {
    const { notes: [note] = [] } = await found({ [file]: "listen(3000)" });
    assert(note?.startsWith(`${file} doesn't mention PORT`), note);
    // What it imports may listen.
    const { notes } = await found({ [file]: 'import "./src/app"' });
    assertEquals(notes, []);
  }
});

Deno.test("init says who listens on all interfaces", async () => {
  const cases: [file: string, text: string, isOpen: boolean][] = [
    ["server.js", "app.listen(process.env.PORT)", true],
    [
      "server.js",
      "app.listen(PORT, () => { log('on http://localhost') })",
      true,
    ],
    [
      "server.js",
      "app.listen({ port: process.env.PORT, host: '0.0.0.0' })",
      true,
    ],
    ["server.js", "app.listen(process.env.PORT, '127.0.0.1')", false],
    ["server.js", "app.listen({ port: PORT, host: 'localhost' })", false],
    ["server.js", "app.listen({ port: PORT, host })", false],
    ["main.ts", 'Deno.serve({ port: Deno.env.get("PORT") }, f)', true],
    ["main.ts", 'Deno.serve({ hostname: "::1", port: env("PORT") })', false],
    ["go.mod", "", true],
    ["Main.java", MAIN, true],
  ];
  for (const [file, text, isOpen] of cases) {
    const { notes = [] } = await found({ [file]: text, ...GO[file] });
    const said = notes.some((note) => note.includes("on all interfaces"));
    assertEquals(said, isOpen, `${file}: ${text}: ${notes}`);
  }
});

const MAIN = `class Main { public static void main(String[] a) {
  int port = Integer.parseInt(System.getenv("PORT"));
  HttpServer.create(new InetSocketAddress(port), 0); } }`;
const GO: Record<string, Record<string, string>> = {
  "go.mod": {
    "main.go":
      'package main\n// …\nhttp.ListenAndServe(":" + os.Getenv("PORT"), nil)\n',
  },
};

Deno.test("init node prefers what is built, and start:prod, to a development server", async () => {
  const json = (scripts: Record<string, string>, ...packages: string[]) => ({
    "package.json": JSON.stringify({
      scripts,
      dependencies: Object.fromEntries(packages.map((name) => [name, "*"])),
    }),
  });
  const nuxt = {
    ...json({ start: "nuxt start", dev: "nuxt dev" }, "nuxt"),
    ".output/server/index.mjs": "import './chunks/x.mjs'",
  };
  const cases: [files: Record<string, string>, start: string][] = [
    [{
      ...json({ start: "nest start", "start:prod": "node dist/main" }),
      "dist/main.js": "",
    }, "node dist/main"],
    [json({ "start:prod": "pm2-runtime x" }), "npm run start:prod"],
    [{
      ...json({
        start: "cross-env NODE_ENV=production node --enable-source-maps a.js",
      }),
      "a.js": "",
    }, "NODE_ENV=production node --enable-source-maps a.js"],
    [nuxt, "node .output/server/index.mjs"],
    [{
      ...json({ dev: "vite dev" }, "@sveltejs/adapter-node"),
      "build/index.js": "",
    }, "node build/index.js"],
    [
      { ...json({ start: "vite" }), ".output/server/index.mjs": "" },
      "node .output/server/index.mjs",
    ],
  ];
  for (const [files, start] of cases) {
    const { kind, notes = [], ...server } = await found(files);
    assertEquals([kind, server.start, notes], ["node", start, []]);
  }
  const notes = async (files: Record<string, string>) =>
    (await found(files)).notes?.join() ?? "";
  const development = await notes(json({ start: "nodemon app.js" }));
  assert(development.includes("development server"), development);
  const unbuilt = await notes(json({ "start:prod": "node dist/main" }));
  assert(unbuilt.startsWith("dist/main doesn't exist yet"), unbuilt);
});

Deno.test("init next starts what is built for itself, or next start, on 127.0.0.1", async () => {
  const json = {
    "package.json":
      '{"dependencies":{"next":"15"},"scripts":{"start":"next start"}}',
  };
  const plain = await found({ ...json, ".next/BUILD_ID": "x" });
  assertEquals([plain.kind, plain.start, plain.notes], [
    "next",
    "node_modules/.bin/next start -H 127.0.0.1 -p {port}",
    [],
  ]);
  const built = {
    ...json,
    ".next/standalone/server.js": "",
    ".next/standalone/.next/static/a": "",
  };
  const alone = await found(built);
  assertEquals([alone.start, alone.env, alone.notes], [
    "node .next/standalone/server.js",
    ["HOSTNAME=127.0.0.1"],
    [],
  ]);
  const lacking = await found({ ...built, "public/logo.svg": "" });
  assert(lacking.notes?.[0]?.includes("cp -r public .next/standalone/"));
  const config = {
    ...json,
    "next.config.mjs": 'x = {\n  output: "standalone" }',
  };
  const unbuilt = await found(config);
  assertEquals(unbuilt.start, alone.start);
  assert(unbuilt.notes?.[0]?.includes("doesn't exist yet"));
});

Deno.test("init deno runs the task, or serves the module", async () => {
  const cases: [files: Record<string, string>, start: string][] = [
    [{ "deno.json": '{"tasks":{"start":"x"}}' }, "deno task start"],
    [
      { "main.ts": "export default { fetch() {} }" },
      "deno serve --host 127.0.0.1 --port {port} main.ts",
    ],
    [
      { "deno.json": "{}", "server.ts": 'Deno.env.get("PORT")' },
      "deno run --allow-net --allow-env --allow-read server.ts",
    ],
  ];
  for (const [files, start] of cases) {
    const { kind, notes = [], ...server } = await found(files);
    assertEquals([kind, server.start, notes], ["deno", start, []]);
  }
});

Deno.test("init gunicorn and uvicorn find the application, and the virtual environment", async () => {
  const cases: [files: Record<string, string>, kind: string, start: string][] =
    [
      [
        { "app.py": "def app(environ, start_response):\n" },
        "gunicorn",
        "gunicorn --bind unix:{socket} app:app",
      ],
      [
        { "web.py": "site = flask.Flask(__name__)\n" },
        "gunicorn",
        "gunicorn --bind unix:{socket} web:site",
      ],
      [
        {
          "shop/__init__.py":
            "def create_app(config=None):\n    app = Flask(__name__)\n",
        },
        "gunicorn",
        "gunicorn --bind unix:{socket} 'shop:create_app()'",
      ],
      [
        { "api.py": "import x\napp = FastAPI()\n", ".venv/bin/uvicorn": "" },
        "uvicorn",
        ".venv/bin/uvicorn --uds {socket} --forwarded-allow-ips '*' api:app",
      ],
      [
        { "app.py": "async def app(scope, receive, send):\n" },
        "uvicorn",
        "uvicorn --uds {socket} --forwarded-allow-ips '*' app:app",
      ],
      [
        {
          "shop/wsgi.py": "application = get_wsgi_application()\n",
          "shop/asgi.py": "application = get_asgi_application()\n",
          "manage.py": "",
        },
        "gunicorn",
        "gunicorn --bind unix:{socket} shop.wsgi:application",
      ],
    ];
  for (const [files, kind, start] of cases) {
    const { location: _, ...server } = await found(files);
    assertEquals(server, { kind, start });
  }
  const django = cases.at(-1)?.[0] ?? {};
  assertEquals(
    (await found(django, "uvicorn")).start,
    "uvicorn --uds {socket} --forwarded-allow-ips '*' shop.asgi:application",
  );
});

Deno.test("init puma has nginx open a connection for each request", async () => {
  const { settings } = await found({ "config.ru": "run App" });
  assertEquals(settings?.at(-1), "keepalive: 0");
});

Deno.test("init puma goes through Bundler where there is one", async () => {
  const files = { "config.ru": "run App" };
  assertEquals((await found(files)).start, "puma -b unix://{socket}");
  assertEquals(
    (await found({ ...files, Gemfile: 'gem "puma"', "puma.rb": "" })).start,
    "bundle exec puma -C puma.rb -b unix://{socket}",
  );
});

Deno.test("init has Rack and Rails run for production", async () => {
  assertEquals((await found({ "config.ru": "" })).env, ["RACK_ENV=production"]);
  const rails = {
    "config.ru": "run Rails.application",
    "package.json": "{}",
    "config/application.rb": 'require "rails/all"',
    Gemfile: 'gem "rails"\ngem "puma"\n',
    "config/routes.rb": 'get "up" => "rails/health#show"\n',
    "config/master.key": "x",
  };
  const { kind, start, env, settings, notes } = await found(rails);
  assertEquals([kind, start, notes], [
    "rails",
    "bundle exec puma -b unix://{socket}",
    [],
  ]);
  assertEquals(env?.[0], "RAILS_ENV=production");
  assertEquals(settings?.at(-1), "health: /up");
  const { ["config/master.key"]: _, ...keyless } = rails;
  const [note] = (await found(keyless)).notes ?? [];
  assert(note?.includes("SECRET_KEY_BASE"), note);
});

Deno.test("init prefers uwsgi and daphne where the project names them", async () => {
  const django = {
    "shop/wsgi.py": "application = get_wsgi_application()\n",
    "shop/asgi.py": "application = get_asgi_application()\n",
  };
  for (
    const [list, kind] of [
      [{ "requirements.txt": "Django\nuWSGI==2.0\n" }, "uwsgi"],
      [{ "requirements.txt": "channels[daphne]\ndaphne>=4\n" }, "daphne"],
      [
        { "pyproject.toml": 'dependencies = ["django", "daphne~=4.1"]\n' },
        "daphne",
      ],
      [{ "uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\n" }, "uwsgi"],
      [{ "requirements.txt": "Django\n" }, "gunicorn"],
    ] as const
  ) {
    assertEquals((await found({ ...django, ...list })).kind, kind);
  }
  const ini = await found({ "uwsgi.ini": "[uwsgi]\nhttp = :8000\n" });
  assert(ini.start.endsWith("--die-on-term --need-app --ini uwsgi.ini"));
  assert(ini.notes?.[0]?.includes('"http = :8000"'), ini.notes?.[0]);
  assert(
    (await found(django, "daphne")).start.startsWith("daphne -u {socket} "),
  );
});

Deno.test("init go builds the program before each deploy", async () => {
  const main =
    'package main\nhttp.ListenAndServe("127.0.0.1:" + os.Getenv("PORT"), nil)\n';
  const mod = {
    "go.mod": "module example.org/shop/v2\n",
    "package.json": "{}",
  };
  const root = await found({ ...mod, "main.go": main, "main_test.go": "" });
  assertEquals([root.kind, root.start, root.build, root.notes], [
    "go",
    "./bin/shop",
    "go build -o bin/shop .",
    [],
  ]);
  const deep = await found({
    ...mod,
    "cmd/api/main.go": main,
    "x.go": "package x",
  });
  assertEquals(deep.build, "go build -o bin/api ./cmd/api");
  const two = await refused({ ...mod, "cmd/a/m.go": main, "cmd/b/m.go": main });
  assert(two.message.endsWith("has 2 programs: ./cmd/a, ./cmd/b"));
});

Deno.test("init java finds the jar, and how it is told its port", async () => {
  const spring = await found({
    "pom.xml": "<artifactId>spring-boot-starter-actuator</artifactId>",
    "target/shop-1.jar": "",
    "target/shop-1-sources.jar": "",
    "target/original-shop-1.jar": "",
  });
  assertEquals(
    [spring.kind, spring.start],
    [
      "java",
      "java -jar target/shop-1.jar --server.address=127.0.0.1 --server.port={port}",
    ],
  );
  assert(spring.settings?.includes("health: /actuator/health"));
  const source = await found({ "Main.java": MAIN });
  assertEquals(source.start, "java Main.java");
  assertEquals(source.settings?.at(-1), "keepalive: 0");
  const unbuilt = await refused({ "build.gradle": "" });
  assert(unbuilt.message.startsWith("No jar found"));
});

Deno.test("init php-fpm writes the pool, unless there is one", async () => {
  const laravel = { "public/index.php": "", "package.json": "{}" };
  const { kind, files, php, notes } = await found(laravel);
  assertEquals([kind, php, notes], [
    "php-fpm",
    { root: "public", isPublic: true },
    [],
  ]);
  assert(files?.["php-fpm.conf"]?.includes("listen = ${SOCKET}"));
  const own = await found({ "index.php": "", "php-fpm.conf": "listen = 9000" });
  assertEquals([own.files, own.php?.isPublic], [{}, false]);
  assert(own.notes?.at(-1)?.includes("listen = ${SOCKET}"));
});

Deno.test("init takes what stands behind -- for the server", async () => {
  const start = async (kind: string, ...words: string[]) =>
    (await found({}, kind, ...words)).start;
  assertEquals(await start("node", "a.js", "--x y"), "node a.js '--x y'");
  assertEquals(
    await start("gunicorn", "shop:create()"),
    "gunicorn --bind unix:{socket} shop:create()",
  );
  assertEquals(
    await start("command", "./serve", "--port", "{port}"),
    "./serve --port {port}",
  );
  assertEquals(await start("command", "cd a && ./serve"), "cd a && ./serve");
  assertEquals(await start("command", "a", "it's"), "a 'it'\\''s'");
});

Deno.test("init says what it doesn't find, and what can be said instead", async () => {
  assert((await refused({})).message.startsWith("Cannot tell "));
  const both = await refused({ "index.js": "", "config.ru": "" });
  // Nothing there is a server: a tool's settings.
  const assets = { "package.json": '{"scripts":{"build":"vite build"}}' };
  assertEquals((await found({ ...assets, "config.ru": "" })).kind, "puma");
  assert(both.message.endsWith("could be of 2 kinds: node, puma"));
  assert((await refused({}, "node")).message.startsWith("No server found"));
  assert((await refused({}, "deno")).message.startsWith("No server found"));
  assert(
    (await refused({}, "gunicorn")).message.startsWith("No WSGI application"),
  );
  assert(
    (await refused({}, "uvicorn")).message.startsWith("No ASGI application"),
  );
  assert((await refused({}, "command")).message.includes("takes the command"));
});
