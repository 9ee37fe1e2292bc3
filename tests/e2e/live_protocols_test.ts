import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { liveTemplate } from "../support/project.ts";
import { Site } from "../support/site.ts";

const SERVER = fromFileUrl(
  new URL("../support/protocol_server.mjs", import.meta.url),
);

Deno.test("gRPC calls over one connection fail in no deploy", async () => {
  const template = liveTemplate({
    location: '<%= it.live.pass("web", { protocol: "grpc" }) %>',
    // Later, keepalive_requests is for HTTP/2, too.
    http:
      '<% if (!it.nginx.atLeast("1.19.7")) { %>http2_max_requests 9999;<% } %>',
  }).replace("listen 127.0.0.1:%PORT%", "$& http2");
  await using site = Site.live({ start: `node ${SERVER} grpc`, template });
  await site.deploy();
  const calls = site.command(
    "env",
    ...[`PORT=${site.port}`, "node", SERVER, "calls", "2000"],
  ).spawn();
  const served = await site.pidsOf("serving");
  for (let round = 0; round < 3; round++) {
    await site.deploy();
    served.push(...await site.pidsOf("serving"));
  }
  const { stdout } = await calls.output();
  const { failed, goAway, pids, authorities } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  assertEquals({ failed, goAway, authorities }, {
    failed: 0,
    goAway: false,
    authorities: ["example.com"], // no upstream's name
  });
  assert(pids.length > 1, "no deploy while there were calls");
  assertEquals(pids.filter((pid: number) => !served.includes(pid)), []);
});

Deno.test("a service that speaks TLS gets the client's Host", async () => {
  await using site = Site.live({
    start: `node ${SERVER} https key.pem certificate.pem`,
    template: liveTemplate({
      location: '<%= it.live.pass("web", { protocol: "https" }) %>',
    }),
  });
  const { code } = await site.run(
    "openssl",
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost"],
    ...["-keyout", "key.pem", "-out", "certificate.pem"],
  );
  assertEquals(code, 0);
  for (let round = 0; round < 2; round++) {
    await site.deploy();
    const [pid] = await site.pidsOf("serving");
    const { text } = await site.get();
    assertEquals(text, `${pid} 127.0.0.1:${site.port}`);
  }
});
