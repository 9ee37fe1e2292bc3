import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { once } from "node:events";
import { request } from "node:http";
import { classicTemplate, liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";

/** Asks as a client at an address of this host's. */
async function ask(
  site: Site,
  { from = "127.0.0.1", method = "GET", path = "/" } = {},
) {
  const asking = request({
    ...{ host: "127.0.0.1", port: site.port, path, method },
    ...{ localAddress: from, agent: false },
  });
  asking.end(method === "POST" ? "body" : undefined);
  const [response] = await once(asking, "response");
  let body = "";
  for await (const part of response) body += part;
  const { statusCode: status, headers } = response;
  return { status, headers, body };
}

for (const port of ["env", "file", "socket"]) {
  Deno.test(`a closed site answers 503 with the page over deploys, port: ${port}`, async () => {
    await using site = await Site.live({ port }).deployed();
    site.write("sorry.html", "<p>gone fishing</p>\n");
    const nginx = site.nginx();
    await site.deploy(
      ...["maintenance", "on", "--page", "sorry.html", "--retry-after", "300"],
      ...["--allow", "127.0.0.2,127.9.4.0/23"],
    );
    for (const method of ["GET", "POST"]) {
      const { status, headers, body } = await ask(site, { method });
      assertEquals(status, 503);
      assertEquals(headers["retry-after"], "300");
      assertEquals(headers["content-type"], "text/html");
      assertEquals(body, "<p>gone fishing</p>\n");
    }
    for (const from of ["127.0.0.2", "127.9.4.1", "127.9.5.255"]) {
      assertEquals((await ask(site, { from })).status, 200, from);
    }
    for (const from of ["127.0.0.22", "127.9.6.1", "127.9.3.1"]) {
      assertEquals((await ask(site, { from })).status, 503, from);
    }
    const { stdout } = await site.zdd("status");
    assertMatch(
      stdout,
      /^maintenance for .*: 503 for all but 127\.0\.0\.2, 127\.9\.4\.0\/23\n/,
    );

    const before = site.nginx();
    assertEquals(before, nginx);
    const closed = /the site is still closed; zddeploy maintenance off/;
    assertMatch((await site.deploy()).stderr, closed);
    assertEquals((await ask(site)).status, 503);
    assertEquals((await ask(site, { from: "127.0.0.2" })).status, 200);
    await site.deploy("maintenance", "off");
    assertEquals((await ask(site)).status, 200);
    assert(!closed.test((await site.deploy()).stderr));
    assert(!site.exists(".zdd/live/steering"));
    assertMatch(
      (await site.deploy("maintenance", "off")).stderr,
      /nothing to do/,
    );
  });
}

Deno.test("a deploy is verified while the site is closed, and clients can't pretend to be it", async () => {
  const port = "env";
  await using site = await Site.live({ port }).deployed();
  site.configure({
    deploy: [`verify: http://127.0.0.1:${site.port}/`, "verify_timeout: 20"],
  });
  await site.deploy("maintenance", "on");
  const { stderr } = await site.deploy();
  assertStringIncludes(stderr, "verified");
  for (const word of ["verify", "0".repeat(32), "../hold"]) {
    const headers = { "zdd-alone": word };
    const response = await fetch(`http://127.0.0.1:${site.port}/`, { headers });
    await response.body?.cancel();
    assertEquals(response.status, 503, word);
  }
});

Deno.test("a site can be closed without a place for a page, which --page says", async () => {
  const template = liveTemplate({ chosen: [] });
  await using site = await Site.live({ template }).deployed();
  site.write("sorry.html", "sorry");
  const refused = await site.zdd("maintenance", "on", "--page", "sorry.html");
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.stderr, 'no place for a page for "web"');
  assertStringIncludes(refused.stderr, '<%= it.live.choose("web") %>');
  assertEquals((await ask(site)).status, 200);
  await site.deploy("maintenance", "on");
  const { status, headers } = await ask(site, { method: "POST" });
  assertEquals(status, 503);
  assertEquals(headers["retry-after"], "120");
});

Deno.test("a template that can't turn clients away is refused with the way out", async () => {
  const location = 'rewrite ^/api(/.*)$ $1 break; <%= it.live.pass("web") %>';
  await using site = await Site.live({ template: liveTemplate({ location }) })
    .deployed();
  const { code, stderr } = await site.zdd("maintenance", "on");
  assertEquals(code, 2);
  assertMatch(stderr, /rewrite … break.*\(nginx\.conf\.template:\d+\)/);
  assertMatch(stderr, /hint: .*put it below/);
  await using classic = await Site.classic({ template: classicTemplate() })
    .deployed();
  const refused = await classic.zdd("maintenance", "on");
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.stderr, 'it.live.choose("web")');
  assertEquals((await ask(classic)).status, 200);
});

Deno.test("a site stays closed if its state is lost", async () => {
  await using site = await Site.live().deployed();
  await site.deploy("maintenance", "on", "--allow", "127.0.0.2");
  site.write(".zdd/state.json", "{");
  await site.deploy();
  assertEquals((await ask(site)).status, 503);
  assertEquals((await ask(site, { from: "127.0.0.2" })).status, 200);
  await site.deploy("maintenance", "off");
  assertEquals((await ask(site)).status, 200);
});

Deno.test("what isn't zdd's stays open, and named locations have the page", async () => {
  const template = liveTemplate({
    locations: `
      location / { try_files /none @app; }
      location @app { <%= it.live.pass("web") %> }
      location = /own { return 200 own; }`,
  });
  await using site = await Site.live({ template }).deployed();
  await site.deploy("maintenance", "on");
  const { status, body } = await ask(site);
  assertEquals(status, 503);
  assertStringIncludes(body, "Under maintenance");
  assertEquals((await ask(site, { path: "/own" })).body, "own");
});

Deno.test("a worker has no clients, and isn't told of", async () => {
  await using site = Site.live({
    lines: ["[service:worker]", "port: none", "start: exec sleep 600"],
  });
  await site.deploy();
  const { stderr } = await site.deploy("maintenance", "on");
  assertEquals((await ask(site)).status, 503);
  assert(!stderr.includes("worker"), stderr);
});
