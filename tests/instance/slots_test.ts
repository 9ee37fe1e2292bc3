import { assert, assertEquals, assertRejects } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import {
  drawnPorts,
  freeAddresses,
  isSlots,
  type SlotPlan,
} from "../../lib/instance/slots.ts";
import { parseAddress } from "../../lib/system/address.ts";
import { TempDir } from "../system/temp_dir.ts";

const NONE: ReadonlySet<string> = new Set();
/** The numbers of all instances. */
const ALL = [1, 2, 3];

function planIn(directory: TempDir, kind: SlotPlan["kind"]): SlotPlan {
  return { service: "web", kind, instances: 2, directory: directory.path };
}

Deno.test("freeAddresses() finds a free port for each instance, none that clients get", async () => {
  using directory = new TempDir();
  const found = await freeAddresses(
    planIn(directory, "env"),
    "a",
    [],
    ALL,
    NONE,
  );
  assertEquals(new Set(found).size, 2);
  for (const text of found) {
    const address = parseAddress(text);
    assert(address !== undefined && "port" in address, text);
    assert(address.port >= 20_000 && address.port < 30_000, text);
    Deno.listen({ hostname: address.host, port: address.port }).close();
  }
});

Deno.test("freeAddresses() keeps the known addresses while they are free", async () => {
  using directory = new TempDir();
  for (const kind of ["env", "socket"] as const) {
    const plan = planIn(directory, kind);
    const known = await freeAddresses(plan, "a", [], ALL, NONE);
    assertEquals(await freeAddresses(plan, "a", known, ALL, NONE), known);
  }
});

Deno.test("freeAddresses() takes other ports if one is taken", async () => {
  using directory = new TempDir();
  const plan = planIn(directory, "env");
  const known = await freeAddresses(plan, "a", [], ALL, NONE);
  const taken = parseAddress(known[1] ?? "");
  assert(taken !== undefined && "port" in taken);
  using _ = Deno.listen({ hostname: taken.host, port: taken.port });
  const found = await freeAddresses(plan, "a", known, ALL, NONE);
  assertEquals(found.length, 2);
  assert(!found.includes(known[1] ?? ""));
});

Deno.test("freeAddresses() leaves the address of an instance as it is that isn't started", async () => {
  using directory = new TempDir();
  const plan = planIn(directory, "env");
  const known = await freeAddresses(plan, "a", [], ALL, NONE);
  const [first = "", second = ""] = known;
  const serving = parseAddress(first);
  assert(serving !== undefined && "port" in serving);
  using _ = Deno.listen({ hostname: serving.host, port: serving.port });
  assertEquals(await freeAddresses(plan, "a", known, [2], NONE), known);
  const moved = await freeAddresses(plan, "a", known, [1], NONE);
  assertEquals([moved[0] === first, moved[1]], [false, second]);
});

Deno.test("freeAddresses() takes other addresses if there are too few, or of the other kind", async () => {
  using directory = new TempDir();
  const plan = planIn(directory, "env");
  const known = await freeAddresses(plan, "a", [], ALL, NONE);
  assertEquals(
    (await freeAddresses({ ...plan, instances: 3 }, "a", known, ALL, NONE))
      .length,
    3,
  );
  const sockets = planIn(directory, "socket");
  for (const address of await freeAddresses(sockets, "b", known, ALL, NONE)) {
    assert(address.startsWith(`unix:${directory.path}/web-b`), address);
  }
});

Deno.test("freeAddresses() never takes an address that others need", async () => {
  using directory = new TempDir();
  const left = new Set(Array.from({ length: 200 }, (_, i) => 20_000 + 50 * i));
  const others = new Set<string>();
  for (let port = 20_000; port < 30_000; port++) {
    if (!left.has(port)) others.add(`127.0.0.1:${port}`);
  }
  const plan = { ...planIn(directory, "env"), instances: 3 };
  const found = await freeAddresses(plan, "a", [], ALL, others);
  for (const address of found) {
    assert(left.has(Number(address.split(":")[1])), address);
  }
});

Deno.test("freeAddresses() removes a dead socket from its path, but nothing else", async () => {
  using directory = new TempDir();
  const plan = planIn(directory, "socket");
  const known = await freeAddresses(plan, "a", [], ALL, NONE);
  const [first = "", second = ""] = known.map((address) => address.slice(5));
  const dead = Deno.listen({ transport: "unix", path: first });
  // Renamed, the socket outlives its listener.
  Deno.renameSync(first, `${first}.kept`);
  dead.close();
  Deno.renameSync(`${first}.kept`, first);
  assertEquals(await freeAddresses(plan, "a", known, ALL, NONE), known);
  assertEquals(directory.names(), []);

  using _living = Deno.listen({ transport: "unix", path: first });
  assert(
    !(await freeAddresses(plan, "a", known, ALL, NONE)).includes(
      known[0] ?? "",
    ),
  );
  assert(Deno.lstatSync(first).isSocket);

  Deno.writeTextFileSync(second, "precious");
  await freeAddresses(
    plan,
    "a",
    [`unix:${second}`, `unix:${second}2`],
    ALL,
    NONE,
  );
  assertEquals(Deno.readTextFileSync(second), "precious");
});

Deno.test("freeAddresses() says that a socket's path is too long", async () => {
  using directory = new TempDir();
  const plan = planIn(directory, "socket");
  const long = { ...plan, directory: directory.join("x".repeat(100)) };
  await assertRejects(
    () => freeAddresses(long, "a", [], ALL, NONE),
    ZddError,
    "Cannot use the socket path",
  );
});

Deno.test("isSlots() tells slots from other values", () => {
  assert(isSlots({ a: ["127.0.0.1:20001"], b: ["unix:/run/x"] }));
  assert(isSlots({ a: [], b: [] }));
  assert(isSlots({ c: [] }));
  const wrong = [
    null,
    undefined,
    "a",
    [],
    { a: [], b: "127.0.0.1:1" },
    { a: [], b: [1] },
    { a: [], b: ["0"] },
  ];
  for (const value of wrong) assert(!isSlots(value), JSON.stringify(value));
});

Deno.test("drawnPorts() are none that the kernel gives to clients", () => {
  const usual = { first: 20_000, last: 29_999 };
  const cases: [range: string, ports: { first: number; last: number }][] = [
    ["", usual],
    ["32768\t60999\n", usual],
    ["1024\t19999\n", usual],
    ["25000\t65535\n", { first: 15_000, last: 24_999 }],
    ["15000\t61000\n", { first: 5000, last: 14_999 }],
    ["1024\t60999\n", { first: 61_000, last: 65_535 }],
    ["1024\t65535\n", usual], // there are no others
  ];
  for (const [range, ports] of cases) assertEquals(drawnPorts(range), ports);
});

Deno.test("freeAddresses() gives up when no port is free", async () => {
  using directory = new TempDir();
  const plan = planIn(directory, "env");
  await assertRejects(
    () => freeAddresses(plan, "a", [], ALL, { has: () => true }),
    ZddError,
    "Cannot find a free port from ",
  );
});
