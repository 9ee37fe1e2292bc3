import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { classicTemplate, liveTemplate } from "../support/project.ts";
import { Load } from "../support/load.ts";
import { Site } from "../support/site.ts";

// What is asked of a new instance whose deploy.conf asks for nothing.

/** A server in few lines, which answers `GET /` as the file says; it prints what it is asked. */
function answering(status: number, name = "server.js"): Record<string, string> {
  return {
    [name]: `
      const { PORT, SOCKET } = process.env;
      require("http").createServer((request, response) => {
        console.log(request.method, request.url, request.headers.host);
        response.statusCode = ${status};
        response.end("v${status}");
      }).listen(SOCKET ?? PORT ?? Number(process.argv[2] ?? 0));`,
  };
}

/** One that hangs up on whoever speaks HTTP. */
const NO_HTTP = {
  "server.js": `require("net").createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end("PONG"));
  }).listen(process.env.PORT);`,
};

const START = { start: "node server.js", lines: ["health_timeout: 3"] };

Deno.test("a release whose every page is an error never goes live", async () => {
  for (const port of ["env", "socket", "detect"]) {
    await using site = Site.live({ ...START, port, files: answering(200) });
    await site.deploy();
    await using load = await Load.start({
      url: `http://127.0.0.1:${site.port}/`,
    });
    site.write("broken.js", answering(500)["server.js"] ?? "");
    site.configure({ ...START, port, start: "node broken.js" });
    const { code, stderr } = await site.zdd();
    const { failed } = await load.stop();
    assertEquals([code, failed], [1, 0], stderr);
    assertMatch(
      stderr,
      /web didn't start: \/ isn't healthy on \S+ after \d+ tr(y|ies) in 3 s; last: 500 "v500"/,
    );
    assertStringIncludes(stderr, "`health: none` for none");
  }
});

Deno.test("a page that isn't there or wants a login is a page", async () => {
  for (const status of [302, 401, 404]) {
    await using site = Site.live({ ...START, files: answering(status) });
    await site.deploy();
    assertMatch(site.read(".zdd/log/web.log"), /^GET \/ localhost$/m);
  }
});

Deno.test("health: none asks for nothing", async () => {
  const lines = ["health: none"];
  await using site = Site.live({ ...START, lines, files: answering(500) });
  await site.deploy();
});

Deno.test("a port that others know is checked by a connection alone", async () => {
  await using site = Site.classic({ mode: "unhealthy" });
  await site.deploy();
});

Deno.test("what nginx speaks another protocol with isn't asked for a page", async () => {
  const pass = '<%= it.live.pass("web", { protocol: "PROTOCOL" }) %>';
  const classic = "upstream web { server 127.0.0.1:{web}; }";
  const templates = [
    ...["fastcgi", "uwsgi", "scgi", "grpc"].map((protocol) =>
      liveTemplate({ location: pass.replace("PROTOCOL", protocol) })
    ),
    classicTemplate({ location: "fastcgi_pass web;" }),
    classicTemplate({
      upstream: classic,
      location: "uwsgi_pass 127.0.0.1:{web};",
    }),
  ];
  for (const template of templates) {
    await using site = Site.live({ ...START, template, files: NO_HTTP });
    await site.deploy();
  }
  await using asked = Site.live({ ...START, files: NO_HTTP });
  const { code, stderr } = await asked.zdd();
  assertEquals(code, 1, stderr);
});

Deno.test("health_host is the name that an instance is asked by", async () => {
  const lines = ["health: /up?a=1", "health_host: example.org:8080"];
  for (const port of ["env", "socket"]) {
    const files = answering(200);
    await using site = Site.live({ ...START, port, lines, files });
    await site.deploy();
    assertMatch(
      site.read(".zdd/log/web.log"),
      /^GET \/up\?a=1 example\.org:8080$/m,
    );
  }
});

Deno.test("a try that takes longer than probe_timeout is given up for another one", async () => {
  const files = {
    "server.js": `
      let asked = 0;
      require("http").createServer((request, response) => {
        if (++asked > 1) response.end("there");
      }).listen(process.env.PORT);`,
  };
  const lines = ["probe_timeout: 100ms", "health_timeout: 120"];
  await using site = Site.live({ ...START, lines, files });
  await site.deploy();
});
