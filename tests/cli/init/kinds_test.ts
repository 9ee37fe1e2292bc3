import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  findServer,
  guessKind,
  type Kind,
  type Server,
} from "../../../lib/cli/init/kinds.ts";
import { ZddError } from "../../../lib/error.ts";
import { TempDir } from "../../system/temp_dir.ts";

/** What is found in a directory with these files. */
function found(
  files: Record<string, string>,
  kind?: Kind,
  ...words: string[]
): Server & { kind: Kind } {
  using directory = new TempDir();
  for (const [name, text] of Object.entries(files)) directory.write(name, text);
  const known = kind ?? guessKind(directory.path);
  return { kind: known, ...findServer(known, directory.path, words) };
}

function refused(files: Record<string, string>, kind?: Kind): ZddError {
  const error = assertThrows(() => found(files, kind), ZddError);
  assertEquals(error.exitStatus, 2);
  assert(error.hint?.includes("zddeploy init "), error.hint);
  return error;
}

const LISTENS = "listen(process.env.PORT)";

Deno.test("init node finds the server in package.json, or by its name", () => {
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
    const { kind, ...server } = found(files);
    assertEquals([kind, server.start, server.note], ["node", start, undefined]);
  }
});

Deno.test("init warns of a server that can't be told its port", () => {
  for (const file of ["server.js", "main.ts"]) {
    const { note } = found({ [file]: "listen(3000)" });
    assert(note?.startsWith(`${file} doesn't mention PORT`), note);
  }
});

Deno.test("init deno runs the task, or serves the module", () => {
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
    const { kind, ...server } = found(files);
    assertEquals([kind, server.start, server.note], ["deno", start, undefined]);
  }
});

Deno.test("init gunicorn and uvicorn find the application, and the virtual environment", () => {
  const cases: [files: Record<string, string>, kind: Kind, start: string][] = [
    [
      { "app.py": "def app(environ, start_response):\n" },
      "gunicorn",
      "gunicorn --bind 127.0.0.1:{port} app:app",
    ],
    [
      { "web.py": "site = flask.Flask(__name__)\n" },
      "gunicorn",
      "gunicorn --bind 127.0.0.1:{port} web:site",
    ],
    [
      { "api.py": "import x\napp = FastAPI()\n", ".venv/bin/uvicorn": "" },
      "uvicorn",
      ".venv/bin/uvicorn --port {port} api:app",
    ],
    [
      { "app.py": "async def app(scope, receive, send):\n" },
      "uvicorn",
      "uvicorn --port {port} app:app",
    ],
    [
      {
        "shop/wsgi.py": "application = get_wsgi_application()\n",
        "shop/asgi.py": "application = get_asgi_application()\n",
        "manage.py": "",
      },
      "gunicorn",
      "gunicorn --bind 127.0.0.1:{port} shop.wsgi:application",
    ],
  ];
  for (const [files, kind, start] of cases) {
    assertEquals(found(files), { kind, start });
  }
  const django = cases.at(-1)?.[0] ?? {};
  assertEquals(
    found(django, "uvicorn").start,
    "uvicorn --port {port} shop.asgi:application",
  );
});

Deno.test("init puma goes through Bundler where there is one", () => {
  const files = { "config.ru": "run App" };
  assertEquals(found(files).start, "puma -b tcp://127.0.0.1:{port}");
  assertEquals(
    found({ ...files, Gemfile: 'gem "puma"', "puma.rb": "" }).start,
    "bundle exec puma -C puma.rb -b tcp://127.0.0.1:{port}",
  );
});

Deno.test("init takes what stands behind -- for the server", () => {
  const start = (kind: Kind, ...words: string[]) =>
    found({}, kind, ...words).start;
  assertEquals(start("node", "a.js", "--x y"), "node a.js '--x y'");
  assertEquals(
    start("gunicorn", "shop:create()"),
    "gunicorn --bind 127.0.0.1:{port} shop:create()",
  );
  assertEquals(
    start("command", "./serve", "--port", "{port}"),
    "./serve --port {port}",
  );
  assertEquals(start("command", "cd a && ./serve"), "cd a && ./serve");
  assertEquals(start("command", "a", "it's"), "a 'it'\\''s'");
});

Deno.test("init says what it doesn't find, and what can be said instead", () => {
  assert(refused({}).message.startsWith("Nothing in "));
  const both = refused({ "package.json": "{}", "config.ru": "" });
  assert(both.message.endsWith("could be of 2 kinds: node, puma"));
  assert(refused({}, "node").message.startsWith("No server found"));
  assert(refused({}, "deno").message.startsWith("No server found"));
  assert(refused({}, "gunicorn").message.startsWith("No WSGI application"));
  assert(refused({}, "uvicorn").message.startsWith("No ASGI application"));
  assert(refused({}, "command").message.includes("takes the command"));
});
