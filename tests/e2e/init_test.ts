import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { findProgram } from "../../lib/system/program.ts";
import { Site } from "../support/site.ts";

const NODE = `
const http = require("node:http");
http.createServer((request, response) => response.end("it works\\n"))
  .listen(process.env.PORT, "127.0.0.1");
`;
const WSGI = `
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"it works\\n"]
`;
const ASGI = `
async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"it works\\n"})
`;
const RACK = 'run ->(env) { [200, {}, ["it works\\n"]] }\n';
const DENO = 'export default { fetch: () => new Response("it works\\n") };\n';

const JAVA = `
import com.sun.net.httpserver.*;
import java.net.*;
class Main {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, 9);
      exchange.getResponseBody().write("it works\\n".getBytes());
      exchange.close();
    });
    server.start();
  }
}
`;
const PHP = '<?php echo "it works\n";\n';
const GO = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "it works") })
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`;

const CASES: {
  kind: string;
  program: string;
  files: Record<string, string>;
  rest?: string[];
}[] = [
  { kind: "node", program: "node", files: { "server.js": NODE } },
  { kind: "gunicorn", program: "gunicorn", files: { "app.py": WSGI } },
  { kind: "uvicorn", program: "uvicorn", files: { "app.py": ASGI } },
  { kind: "puma", program: "puma", files: { "config.ru": RACK } },
  { kind: "deno", program: "deno", files: { "main.ts": DENO } },
  { kind: "uwsgi", program: "uwsgi", files: { "app.py": WSGI } },
  { kind: "daphne", program: "daphne", files: { "app.py": ASGI } },
  {
    kind: "go",
    program: "go",
    files: { "main.go": GO, "go.mod": "module example.org/hello\n" },
  },
  { kind: "java", program: "java", files: { "Main.java": JAVA } },
  { kind: "php-fpm", program: "php-fpm8.2", files: { "index.php": PHP } },
  {
    kind: "next", // its standalone server, and what it reads
    program: "node",
    files: {
      "package.json": '{"dependencies":{"next":"15"}}',
      ".next/standalone/server.js": NODE
        .replace('"127.0.0.1"', "process.env.HOSTNAME"),
    },
  },
  {
    kind: "command",
    program: "node",
    files: { "serve.js": NODE.replace("process.env.PORT", "process.argv[3]") },
    rest: ["--", "node", "serve.js", "--port", "{port}"],
  },
];

for (const { kind, program, files, rest = [] } of CASES) {
  Deno.test({
    name: `init ${kind}, and the very next zddeploy works`,
    ignore: findProgram(program, ".") === undefined,
    async fn() {
      await using site = Site.create(files);
      const listen = ["--listen", String(site.port)];
      const named = rest.length > 0 ? [] : [kind];
      await site.deploy("init", ...named, ...listen, ...rest);
      await site.deploy("check");
      await site.deploy();
      assertEquals((await site.get()).text, "it works\n");
      await site.deploy();
      assertEquals((await site.get()).text, "it works\n");

      // A release that fails when it is loaded never goes live, or not for long.
      const [[file = "", text = ""] = []] = Object.entries(files)
        .filter(([name]) => /\.(?:js|py|ru|ts|go|java|php)$/.test(name));
      site.write(file, broken(file, text));
      const { code, stderr } = await site.zdd();
      assertEquals(code, 1, stderr);
      assertEquals(
        (await site.get()).text,
        kind === "php-fpm" ? "" : "it works\n",
      );
    },
  });
}

/** A server that fails when it is loaded. */
function broken(file: string, text: string): string {
  if (file.endsWith(".py")) return 'raise RuntimeError("boom")\n';
  if (file.endsWith(".ru")) return 'raise "boom"\n';
  if (file.endsWith(".php")) return '<?php throw new Exception("boom");\n';
  if (file.endsWith(".go")) {
    return text.replace("main() {", "main() {\n\tpanic(1)\n");
  }
  return file.endsWith(".java")
    ? text.replace(
      "int port =",
      'if (true) throw new Error("boom"); int port =',
    )
    : 'throw new Error("boom");\n';
}

Deno.test("init --json tells what it has written and found out", async () => {
  await using site = Site.create({ "index.js": NODE });
  const listen = ["--listen", String(site.port)];
  const { stdout, stderr } = await site.deploy(
    "init",
    "-q",
    "--json",
    ...listen,
  );
  assertEquals(stderr, "");
  assertEquals(JSON.parse(stdout), {
    changed: true,
    kind: "node",
    start: "node index.js",
    listen: site.port,
    url: `http://localhost:${site.port}/`,
    services: [{ name: "web", kind: "node", start: "node index.js" }],
    gitignore: { added: false, lines: [] },
    files: ["deploy.conf", "nginx.conf.template", "logrotate.conf"]
      .map((name) => site.path(name)),
    warnings: [],
  });
});

Deno.test("init never writes over a file, nor has a deploy do it", async () => {
  for (
    const file of [
      ...["deploy.conf", "nginx.conf.template", "nginx.conf", "logrotate.conf"],
    ]
  ) {
    await using site = Site.create({ "server.js": NODE, [file]: "mine\n" });
    const { code, stderr } = await site.zdd("init");
    assertEquals(code, 2);
    assertStringIncludes(
      stderr,
      `zddeploy: "${site.path(file)}" exists already; nothing was written\n`,
    );
    assertEquals(site.read(file), "mine\n");
    const written = ["deploy.conf", "nginx.conf.template"]
      .filter((other) => other !== file && site.exists(other));
    assertEquals(written, []);
  }
});

Deno.test("init refuses a port that is taken, and what is no port", async () => {
  await using site = Site.create({ "server.js": NODE });
  using _listener = Deno.listen({ port: site.port });
  const taken = await site.zdd("init", "--listen", String(site.port));
  assertEquals(taken.code, 2);
  assertStringIncludes(taken.stderr, `Port ${site.port} is already in use`);
  for (
    const text of ["0", "65536", "http", "80:80", "1.2.3:80", "localhost:80"]
  ) {
    const { code, stderr } = await site.zdd("init", "--listen", text);
    assertEquals(code, 2);
    assertStringIncludes(
      stderr,
      `Expected a port or ADDRESS:PORT for --listen, got "${text}"`,
    );
  }
  assert(!site.exists("deploy.conf"));
});

Deno.test("init writes where --conf says", async () => {
  await using site = Site.create({ "app/server.js": NODE });
  await using elsewhere = Site.create({});
  const conf = site.path("app/deploy.conf");
  const { stderr } = await elsewhere.deploy(
    ...["init", "-c", conf, "--listen", String(site.port)],
  );
  assertStringIncludes(stderr, `\nnext: zddeploy -c ${conf}, then `);
  Deno.chmodSync(site.path("app"), 0o755);
  await site.deploy("-c", conf);
  assertEquals((await site.get()).text, "it works\n");
});

for (const name of ["my app's é", 'say "hi" $HOME']) {
  Deno.test(`init in a directory named ${name}, and the very next zddeploy works`, async () => {
    await using site = Site.create({ [`${name}/server.js`]: NODE });
    const directory = site.path(name);
    const state = `--listen=${site.port}`;
    Deno.chmodSync(directory, 0o755);
    await site.zddIn(directory, "init", state);
    // Where the state can't be in the directory, it is the host's.
    const conf = site.read(`${name}/deploy.conf`);
    const stateDir = /^state_dir: (\/.*)$/m.exec(conf)?.[1];
    if (stateDir !== undefined) {
      const own = site.path("state");
      for (const file of ["deploy.conf", "nginx.conf.template"]) {
        const text = site.read(`${name}/${file}`).replaceAll(stateDir, own);
        site.write(`${name}/${file}`, text);
      }
    }
    for (let i = 0; i < 2; i++) {
      const { code, stderr } = await site.zddIn(directory);
      assertEquals(code, 0, stderr);
      assertEquals((await site.get()).text, "it works\n");
    }
  });
}

Deno.test("init has nginx listen on an address alone", async () => {
  await using site = Site.create({ "server.js": NODE });
  const listen = `127.0.0.2:${site.port}`;
  const { stderr } = await site.deploy("init", "--listen", listen);
  assertStringIncludes(stderr, `then curl http://${listen}/\n`);
  await site.deploy();
  const response = await fetch(`http://${listen}/`);
  assertEquals(await response.text(), "it works\n");
  await assertRejects(() => fetch(`http://127.0.0.1:${site.port}/`));
});

Deno.test({
  name: "init makes services of two applications side by side, and both answer",
  ignore: findProgram("gunicorn", ".") === undefined,
  async fn() {
    await using site = Site.create({
      "web/server.js": NODE,
      "api/app.py": WSGI.replace("it works", "it counts"),
    });
    const { stderr } = await site.deploy(
      ...["init", "--listen", String(site.port)],
    );
    assertStringIncludes(stderr, "\nstart web, for /: node server.js\n");
    assertStringIncludes(stderr, "\nstart api, for /api/: gunicorn ");
    await site.deploy("check");
    await site.deploy();
    assertEquals((await site.get()).text, "it works\n");
    assertEquals((await site.get("/api/x")).text, "it counts\n");
  },
});

Deno.test("init names the lines for .gitignore, and adds them if it is told to", async () => {
  const files = { "server.js": NODE, ".git/HEAD": "", ".gitignore": "*.swp" };
  const lines =
    "/.zdd/ /nginx.conf /nginx.pid /nginx-temp/ /access.log /error.log";
  await using site = Site.create(files);
  const listen = `--listen=${site.port}`;
  const told = await site.deploy("init", listen);
  assertStringIncludes(told.stderr, `\nfor .gitignore: ${lines}\n`);
  assertEquals(site.read(".gitignore"), "*.swp");
  await using other = Site.create(files);
  const added = await other.deploy("init", "--gitignore", listen);
  assertStringIncludes(added.stderr, `\nadded to .gitignore: ${lines}\n`);
  assertEquals(
    other.read(".gitignore"),
    `*.swp\n${lines.replaceAll(" ", "\n")}\n`,
  );
});

Deno.test({
  name: "init php-fpm has nginx send public files, and PHP answer all else",
  ignore: findProgram("php-fpm8.2", ".") === undefined,
  async fn() {
    await using site = Site.create({
      "public/index.php": '<?php echo "index ".$_SERVER["REQUEST_URI"];',
      "public/other.php": '<?php echo "other ".$_GET["a"];',
      "public/style.css": "p {}",
      ".env": "SECRET=1",
      "secret.php": "<?php echo 1;",
    });
    Deno.chmodSync(site.directory, 0o755);
    await site.deploy("init", "--listen", String(site.port));
    await site.deploy();
    const text = async (path: string) => (await site.get(path)).text;
    assertEquals(await text("/"), "index /");
    assertEquals(await text("/a/b?c=1"), "index /a/b?c=1");
    assertEquals(await text("/other.php?a=2"), "other 2");
    assertEquals(await text("/style.css"), "p {}");
    assertEquals((await site.get("/none.php")).status, 404);
    for (const path of ["/.env", "/../.env", "/%2e%2e/secret.php"]) {
      assert(!/SECRET|^1$/.test(await text(path)), path);
    }
  },
});
