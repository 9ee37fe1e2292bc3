import { assert, assertEquals, assertMatch } from "@std/assert";
import { Websocket } from "../support/websocket.ts";
import { Site } from "../support/site.ts";
import { liveTemplate } from "../support/project.ts";

Deno.test("the snippet stands in any kind of location", async () => {
  const pass = '<%= it.live.pass("web") %>';
  await using site = await Site.live({
    template: liveTemplate({
      locations: `
        location / { ${pass} }
        location /exact { try_files /nothing @web; }
        location @web { ${pass} }
        location ~ ^/digits/\\d+$ { ${pass} }
        location /prefix/ { ${pass} rewrite ^/prefix/(.*)$ /$1 break; }
        location /nested/ { location /nested/in { ${pass} } }`,
    }),
  }).deployed();
  for (let round = 0; round < 2; round++) { // in either slot
    const serving = await site.pidAt();
    for (const path of ["/exact", "/digits/12", "/prefix/x", "/nested/in"]) {
      assertEquals(await site.pidAt(path), serving, path);
    }
    await site.deploy();
  }
});

for (
  const { mistake, template, expected } of [
    {
      mistake: "pass without upstreams",
      template: liveTemplate().replace("<%= it.live.upstreams() %>", ""),
      expected: /it.live.upstreams/,
    },
    {
      // The first of its lines would be a comment, and the others not.
      mistake: "upstreams in a comment",
      template: liveTemplate().replace("<%= it.live.upstreams", "# $&"),
      expected: /nginx.conf.template:14: .*comment/,
    },
    {
      mistake: "a text in place of options",
      template: liveTemplate({
        locations: 'location / { <%= it.live.pass("web", "$remote_addr") %> }',
      }),
      expected: /nginx.conf.template:17: .*by/,
    },
    {
      mistake: "an option that doesn't exist",
      template: liveTemplate({
        locations:
          'location / { <%= it.live.pass("web", { sticky: true }) %> }',
      }),
      expected: /nginx.conf.template:17: .*sticky/,
    },
    {
      mistake: "a protocol that nginx doesn't pass on",
      template: liveTemplate({
        locations:
          'location / { <%= it.live.pass("web", { protocol: "ftp" }) %> }',
      }),
      expected: /nginx.conf.template:17: Expected http, .* got "ftp"/,
    },
    {
      mistake: "a choice between slots for no service",
      template: liveTemplate({ locations: "<%= it.live.choose() %>" }),
      expected: /nginx.conf.template:17: Expected names of services/,
    },
    {
      mistake: "a choice for a service that doesn't exist",
      template: liveTemplate({
        locations: '<%= it.live.choose("web", "wbe") %>',
      }),
      expected:
        /nginx.conf.template:17: There is no service "wbe" for it.live.choose/,
    },
    {
      mistake: "a canary by what is the same for everybody",
      template: liveTemplate({
        locations:
          'location / { <%= it.live.pass("web", { by: "visitor" }) %> }',
      }),
      expected: /nginx.conf.template:17: Expected variables .* got "visitor"/,
    },
    {
      mistake: "a service that doesn't exist",
      template: liveTemplate({
        locations: 'location / { <%= it.live.pass("wbe") %> }',
        chosen: [],
      }),
      expected: /nginx.conf.template:17: There is no service "wbe"/,
    },
  ]
) {
  Deno.test(`a mistake is told before anything runs: ${mistake}`, async () => {
    await using site = Site.live({ template: template });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 2, stderr);
    assertMatch(stderr, expected);
    assertEquals(site.processes(), []);
  });
}

for (const port of ["env", "file"] as const) {
  Deno.test(`nginx understands each protocol, port: ${port}`, async () => {
    const locations = [
      "http",
      "https",
      "grpc",
      "grpcs",
      "fastcgi",
      "uwsgi",
      "scgi",
    ].map((protocol) =>
      `location /${protocol} { ` +
      `<%= it.live.pass("web", { protocol: "${protocol}" }) %> }`
    );
    await using site = Site.live({
      port,
      template: liveTemplate({
        locations: `location / { <%= it.live.pass("web") %> }
        ${locations.join("\n        ")}`,
      }),
    });
    await site.deploy();
    const { stdout } = await site.deploy("render");
    for (const name of ["proxy", "grpc", "fastcgi", "uwsgi", "scgi"]) {
      assertMatch(stdout, new RegExp(`\\b${name}_pass \\S*\\$zdd_web;$`, "m"));
    }
  });
}

for (const [port, told] of [["env", "kept"], ["file", "closed"]] as const) {
  Deno.test(`a service knows whether its connection is ${told}, port: ${port}`, async () => {
    await using site = await Site.live({ port }).deployed();
    const { text } = await site.get("/connection");
    assertEquals(text, told === "kept" ? "undefined\n" : "close\n");
    using websocket = await Websocket.open(site.port);
    assertEquals(await websocket.ask("hi"), `${await site.pidAt()} hi`);
  });
}

Deno.test("samples/live serves, takes large uploads and refuses larger ones", async () => {
  await using site = Site.fromSample("live");
  const instances = new Set<string>();
  for (let round = 0; round < 2; round++) {
    await site.deploy();
    // More than nginx keeps in memory: it goes through the temporary directory.
    for (const [megabytes, status] of [[3, 200], [30, 413]] as const) {
      const response = await fetch(`http://127.0.0.1:${site.port}/`, {
        method: "POST",
        body: new Uint8Array(megabytes * 2 ** 20),
      });
      assertEquals(response.status, status);
      const text = await response.text();
      if (status !== 200) continue;
      assertMatch(text, /^live, pid \d+, version 1\n$/);
      instances.add(text);
    }
  }
  assertEquals(instances.size, 2);
});

Deno.test("a deploy remembers how nginx was built, for all commands", async () => {
  await using site = await Site.live().deployed();
  const memory = ".zdd/nginx-build.json";
  const keepsIdleConnections = async () =>
    (await site.deploy("render")).stdout.includes("keepalive_timeout 100ms;");
  assert(await keepsIdleConnections());
  // An older nginx doesn't know that directive in an upstream.
  const build = JSON.parse(site.read(memory));
  const printed = "nginx version: nginx/1.14.2\n";
  site.write(memory, JSON.stringify({ ...build, printed }));
  assert(!await keepsIdleConnections());
  Deno.removeSync(site.path(memory));
  assert(await keepsIdleConnections());
  assert(!site.exists(memory), "only a run that holds the lock writes it");
});
