import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site } from "../support/site.ts";
import { serverCommand } from "../support/project.ts";
import { isAlive, titleOf } from "../support/processes.ts";
import { freePort } from "../support/free_port.ts";

/** An address of this host that isn't loopback's; undefined if there is none. */
function otherAddress(): string | undefined {
  return Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  )?.address;
}

async function addressOf(site: Site): Promise<string | undefined> {
  return (await site.instances()).find(({ state }) => state === "serving")
    ?.address;
}

for (
  const [what, host] of [
    ["loopback", "127.0.0.1"],
    ["all addresses", "0.0.0.0"],
    ["all addresses of IPv6", "[::]"],
    ["IPv6's loopback", "[::1]"],
    ["another address of loopback", "127.1.2.3"],
  ] as const
) {
  Deno.test(`port: detect finds a port on ${what}`, async () => {
    await using site = Site.live({
      port: "detect",
      start: `${serverCommand()} ${host.replace(/[[\]]/g, "")}:0`,
    });
    await site.deploy();
    const before = await site.pidAt();
    await using load = await site.load();
    await site.deploy();
    await load.stopWithoutFailure();
    assert(await site.pidAt() !== before);
    assertEquals(isAlive(before), false);
  });
}

Deno.test("port: detect names the ports if there are several, and takes a hint", async () => {
  const [one, other] = [freePort(), freePort()].toSorted((a, b) => a - b);
  const start = `${serverCommand()} 127.0.0.1:${one} 127.0.0.1:${other}`;
  await using site = Site.live({ port: "detect", start });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(
      `web didn't start: it listens on several ports: (${one}, ${other}|` +
        `${other}, ${one}); say which one serves with "port: detect \\d+"`,
    ),
  );
  assertMatch(stderr, /^hint: .*use "port: env"$/m);
  await site.untilProcesses([]);

  site.configure({ port: `detect ${other}`, start });
  await site.deploy();
  assertEquals(await addressOf(site), `127.0.0.1:${other}`);
});

for (
  const { apart, hook } of [
    { apart: 50, hook: "true" },
    { apart: 1000, hook: "true" },
    { apart: 3000, hook: "sleep 4" },
  ]
) {
  Deno.test(`port: detect doesn't take the first port of a server that opens another one ${apart} ms later`, async () => {
    await using site = Site.live({
      port: "detect",
      deploy: [`before_switch: ${hook}`],
      start: `${serverCommand()} --apart ${apart} 127.0.0.1:0 127.0.0.1:0`,
    });
    const { code, stderr } = await site.zdd();
    assertEquals(code, 1);
    assertMatch(stderr, /it listens on several ports: \d+, \d+;/);
    await site.untilProcesses([]);
  });
}

Deno.test("port: detect says if nobody listens on the port of its hint", async () => {
  const port = freePort();
  await using site = Site.live({
    port: `detect ${port}`,
    start: `${serverCommand()} 127.0.0.1:0`,
    lines: ["start_timeout: 4"],
  });
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    new RegExp(
      `none of its processes listens on port ${port} after 4 s`,
    ),
  );
});

Deno.test("port: detect ignores a socket on an address that loopback doesn't reach", async () => {
  const other = otherAddress();
  const project = (...addresses: string[]) => ({
    port: "detect",
    start: serverCommand(...addresses),
    lines: ["start_timeout: 4"],
  });
  // A host without any other has nothing to ignore.
  const ignored = other === undefined ? [] : [`${other}:0`];
  await using site = Site.live(project(...ignored, "127.0.0.1:0"));
  await site.deploy();
  assertMatch(await addressOf(site) ?? "", /^127\.0\.0\.1:/);
  await site.pidAt();

  if (other === undefined) return;
  site.configure(project(...ignored));
  const { code, stderr } = await site.zdd();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /none of its processes listens on a port that can be reached after 4 s/,
  );
});

Deno.test("port: detect finds the socket of forked workers, and stops them all", async () => {
  await using site = Site.live({
    port: "detect",
    start: `${serverCommand()} --workers 3 127.0.0.1:0`,
  });
  await site.deploy();
  const nginx = site.nginx();
  for (let i = 0; i < 2; i++) {
    await site.deploy();
    const [pid = 0] = await site.pidsOf("serving");
    const all = site.processes().filter((one) => !nginx.includes(one));
    assertEquals(all.length, 4);
    // node's workers get the socket from their parent.
    assertMatch(titleOf(pid), /--workers 3/);
    await site.pidAt();
  }
  await site.deploy("stop", "--nginx");
  await site.untilProcesses([]);
});

Deno.test("port: detect finds what a wrapper's child listens on, and no other program's socket", async () => {
  using _other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using site = Site.live({
    port: "detect",
    start: `sh -c '${serverCommand()} 127.0.0.1:0; true'`,
  });
  await site.deploy();
  const [pid] = await site.pidsOf("serving");
  assertEquals(await site.pidAt(), pid);
});
