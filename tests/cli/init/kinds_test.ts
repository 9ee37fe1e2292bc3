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

const LISTENS = "listen(process.env.PORT)";

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
    const { kind, ...server } = await found(files);
    assertEquals([kind, server.start, server.note], ["node", start, undefined]);
  }
});

Deno.test("init warns of a server that can't be told its port", async () => {
  for (const file of ["server.js", "main.ts"]) {
    const { note } = await found({ [file]: "listen(3000)" });
    assert(note?.startsWith(`${file} doesn't mention PORT`), note);
  }
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
    const { kind, ...server } = await found(files);
    assertEquals([kind, server.start, server.note], ["deno", start, undefined]);
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
    assertEquals(await found(files), { kind, start });
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
  const both = await refused({ "package.json": "{}", "config.ru": "" });
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
