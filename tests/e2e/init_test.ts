import { assert, assertEquals, assertStringIncludes } from "@std/assert";
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
      await site.deploy("init", kind, ...listen, ...rest);
      await site.deploy("check");
      await site.deploy();
      assertEquals((await site.get()).text, "it works\n");
      await site.deploy();
      assertEquals((await site.get()).text, "it works\n");
    },
  });
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
  for (const text of ["0", "65536", "http", "80:80"]) {
    const { code, stderr } = await site.zdd("init", "--listen", text);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `Expected a port for --listen, got "${text}"`);
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
