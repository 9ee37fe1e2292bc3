import { assertThrows } from "@std/assert";
import { requireOwnUpstreams } from "../../../lib/deploy/look/own_upstreams.ts";
import { ZddError } from "../../../lib/error.ts";
import type { Instance } from "../../../lib/instance/instance.ts";
import { currentBoot } from "../../../lib/system/process.ts";
import { listeningInodes } from "../../../lib/system/sockets.ts";

function instanceOn(host: string, port: number): Instance {
  return {
    id: "web-x",
    service: "web",
    number: 1,
    process: { pid: 2 ** 22, startTime: 1, boot: currentBoot() },
    address: `${host}:${port}`,
    startedAt: "2026-11-26T15:00:00.000Z",
    log: "/nowhere",
    sockets: listeningInodes({ host, port }),
  };
}

function pass(host: string, port: number): string {
  return `upstream web { server ${host}:${port} max_fails=0; }\n` +
    `location / { proxy_pass http://${host}:${port}/; }`;
}

Deno.test("requireOwnUpstreams() takes what reaches the instance, by whatever name", () => {
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = listener.addr;
  const instance = instanceOn("127.0.0.1", port);
  for (const host of ["127.0.0.1", "127.0.0.9", "localhost", "0.0.0.0"]) {
    requireOwnUpstreams(pass(host, port), [instance]);
  }
});

Deno.test("requireOwnUpstreams() refuses loopback addresses where nobody or another listens", () => {
  using listener = Deno.listen({ hostname: "127.0.0.5", port: 0 });
  const { port } = listener.addr;
  const instance = instanceOn("127.0.0.5", port);
  requireOwnUpstreams(pass("127.0.0.5", port), [instance]);
  for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
    const refuse = () => requireOwnUpstreams(pass(host, port), [instance]);
    assertThrows(refuse, ZddError, `but web listens on 127.0.0.5:${port}`);
  }
});

Deno.test("requireOwnUpstreams() leaves ports of the same number on other hosts alone", () => {
  using listener = Deno.listen({ hostname: "127.0.0.5", port: 0 });
  const { port } = listener.addr;
  const instance = instanceOn("127.0.0.5", port);
  const texts = [
    pass("10.1.2.3", port),
    pass("backend.example", port),
    `server { listen 127.0.0.1:${port}; }`,
    `# 127.0.0.1:${port}`,
  ];
  for (const text of texts) requireOwnUpstreams(text, [instance]);
  const other = `127.0.0.1:${port}`;
  requireOwnUpstreams(pass("127.0.0.1", port), [instance], [other]);
});
