import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { basename, join } from "@std/path";
import { ZddError } from "../../lib/error.ts";
import { cleanLinks } from "../../lib/live/clean.ts";
import { prepareHold } from "../../lib/live/hold.ts";
import { LiveLinks } from "../../lib/live/links.ts";
import {
  DEFAULT_PAGE,
  prepareMaintenance,
} from "../../lib/live/maintenance.ts";
import { HOLD, MAINTENANCE } from "../../lib/live/steering.ts";
import {
  type Destination,
  mainSlot,
  type Route,
} from "../../lib/live/route.ts";
import { BUCKET_NAMES } from "../../lib/live/buckets.ts";
import { TempDir } from "../system/temp_dir.ts";

function at(address: string, slot?: "a" | "b"): Destination {
  return { id: `web-${address.replace(/\W/g, "")}`, address, slot };
}

/** How many of the hundred buckets of a service lead to each address. */
function shareOut(directory: TempDir, service: string): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const bucket of BUCKET_NAMES) {
    const path = Deno.realPathSync(directory.join("live", service, bucket));
    const where = /\/live\/(?:at|socket):([^/]+)\/(\d\d)$/.exec(path);
    assertEquals(where?.[2], bucket, path);
    const address = where?.[1] ?? "";
    shares[address] = (shares[address] ?? 0) + 1;
  }
  return shares;
}

/** The buckets that each slot serves, by the files behind a link: those of the first have none. */
function slotsOf(
  directory: TempDir,
  service: string,
): Record<string, string[]> {
  const slots: Record<string, string[]> = {};
  const place = directory.join("live", `slots:${service}`);
  for (const { name } of Deno.readDirSync(place)) {
    (slots[name.slice(0, 1)] ??= []).push(name.slice(1));
  }
  for (const buckets of Object.values(slots)) buckets.sort();
  return slots;
}

Deno.test("a link of slots leads to a file for each bucket that the first slot doesn't serve", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const [a, b] = [at("127.0.0.1:1", "a"), at("127.0.0.1:2", "b")];
  const point = async (route: Route) => {
    links.point("slots:web", await links.prepare(route));
    return slotsOf(directory, "web");
  };
  assertEquals(await point({ current: [a] }), {});
  assertEquals(await point({ current: [b] }), { b: BUCKET_NAMES });
  for (const percent of [0, 1, 33, 99, 100]) {
    const ofCanary = BUCKET_NAMES.slice(0, percent);
    const ofCurrent = BUCKET_NAMES.slice(percent);
    assertEquals(
      await point({ current: [a], canary: { instances: [b], percent } }),
      percent === 0 ? {} : { b: ofCanary },
    );
    assertEquals(
      await point({ current: [b], canary: { instances: [a], percent } }),
      percent === 100 ? {} : { b: ofCurrent },
    );
  }
});

Deno.test("mainSlot() is the slot that gets most requests", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const [a, b] = [at("127.0.0.1:1", "a"), at("127.0.0.1:2", "b")];
  const main = async (route: Route) => mainSlot(await links.prepare(route));
  assertEquals(await main({ current: [a] }), "a");
  assertEquals(await main({ current: [b] }), "b");
  for (const [percent, slot] of [[10, "a"], [50, "a"], [51, "b"]] as const) {
    const canary = { instances: [b], percent };
    assertEquals(await main({ current: [a], canary }), slot);
  }
});

Deno.test("a link without slots shares a hundred buckets out", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const current = [at("127.0.0.1:1"), at("127.0.0.1:2")];
  links.point("to:web", await links.prepare({ current }));
  assertEquals(shareOut(directory, "to:web"), {
    "127.0.0.1:1": 50,
    "127.0.0.1:2": 50,
  });
  const canary = { instances: [at("127.0.0.1:3")], percent: 7 };
  links.point(
    "to:web",
    await links.prepare({ current: current.slice(0, 1), canary }),
  );
  assertEquals(shareOut(directory, "to:web"), {
    "127.0.0.1:1": 93,
    "127.0.0.1:3": 7,
  });
});

Deno.test("a link without slots leads elsewhere if any of its instances is another", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const [one, two, three] = [1, 2, 3].map((i) => at(`127.0.0.1:${i}`));
  assert(one && two && three);
  const canary = { instances: [two, three], percent: 50 };
  const routes = [
    { current: [one, two] },
    { current: [one, three] },
    { current: [one, two, three] },
    { current: [one], canary },
    { current: [one], canary: { ...canary, instances: [two] } },
    { current: [one], canary: { ...canary, percent: 51 } },
  ];
  const targets = new Set<string>();
  for (const route of routes) targets.add(await links.prepare(route));
  assertEquals(targets.size, routes.length);
});

Deno.test("a unix socket is found behind a link that nginx can name", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const destination = at("unix:/run/my/web.sock");
  links.point("to:web", await links.prepare({ current: [destination] }));
  const name = destination.id;
  assertEquals(shareOut(directory, "to:web"), { [name]: 100 });
  assertEquals(
    Deno.readLinkSync(directory.join("live/.sockets", name)),
    "/run/my/web.sock",
  );
});

Deno.test("prepare() leaves the socket of an instance that serves where it is", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const current = [at("unix:/run/web.sock")];
  await links.prepare({ current });
  const link = directory.join("live/.sockets", current[0]?.id ?? "");
  const { ino, ctime } = Deno.lstatSync(link);
  const canary = { instances: [at("unix:/run/next.sock")], percent: 5 };
  await links.prepare({ current, canary });
  const after = Deno.lstatSync(link);
  assertEquals([after.ino, after.ctime], [ino, ctime]);
});

Deno.test("point() moves a link back and forth, and takes it away", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  assertEquals(links.read("web"), undefined);
  const one = await links.prepare({ current: [at("127.0.0.1:1")] });
  const two = await links.prepare({ current: [at("127.0.0.1:2")] });
  for (const target of [one, two, one]) {
    links.point("web", target);
    assertEquals(links.read("web"), target);
  }
  links.point("web", undefined);
  links.point("web", undefined);
  assertEquals(links.read("web"), undefined);
});

Deno.test("prepare() can be done again after a deploy that died in the middle", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  for (const slot of [undefined, "b"] as const) {
    const route = { current: [at("127.0.0.1:1", slot)] };
    const target = await links.prepare(route);
    const place = directory.join("live", target);
    const [bucket] = [...Deno.readDirSync(place)];
    Deno.removeSync(join(place, bucket?.name ?? ""));
    assertEquals(await links.prepare(route), target);
    const { length } = [...Deno.readDirSync(place)];
    assertEquals(length, 100);
  }
});

Deno.test("cleanLinks() removes what no link leads to, and nothing else", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const left = (path = "") =>
    [...Deno.readDirSync(directory.join("live", path))].map(({ name }) => name)
      .sort();
  const [one, two] = [at("127.0.0.1:1"), at("127.0.0.1:2")];
  const [three, socket] = [at("127.0.0.1:3"), at("unix:/run/x")];
  links.point("to:web", await links.prepare({ current: [one] }));
  await links.prepare({ current: [socket] });
  cleanLinks(links);
  assertEquals(left(), [".sockets", "at:127.0.0.1:1", "to:web"]);
  assertEquals(left(".sockets"), []);

  const canary = { instances: [socket], percent: 7 };
  links.point("to:web", await links.prepare({ current: [one, two], canary }));
  await links.prepare({ current: [two, three] });
  cleanLinks(links);
  assertEquals(left(), [
    ".sockets",
    "at:127.0.0.1:1",
    "at:127.0.0.1:2",
    links.read("to:web") ?? "",
    `socket:${socket.id}`,
    "to:web",
  ]);
  assertEquals(left(".sockets"), [socket.id]);
  assertEquals(shareOut(directory, "to:web"), {
    [socket.id]: 7,
    "127.0.0.1:1": 46,
    "127.0.0.1:2": 47,
  });
});

Deno.test("cleanLinks() removes what shared requests out for former canaries", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const [a, b] = [at("127.0.0.1:1", "a"), at("127.0.0.1:2", "b")];
  const left = () =>
    [...Deno.readDirSync(directory.join("live", ".slots"))]
      .map(({ name }) => name).sort();
  const share = async (percent?: number) => {
    const canary = percent && { instances: [b], percent };
    const route = { current: [a], ...canary && { canary } };
    links.point("slots:web", await links.prepare(route));
    cleanLinks(links);
  };
  await links.prepare({ current: [b] });
  for (const percent of [5, 25, 50]) {
    await share(percent);
    assertEquals(left(), [`a+b${percent}`, "b"]);
  }
  await share();
  assertEquals(left(), ["a", "b"]);
});

Deno.test("nobody but zdd's user can write where links are", async () => {
  using directory = new TempDir();
  const umask = Deno.umask(0);
  try {
    const links = new LiveLinks(directory.path);
    await links.prepare({ current: [at("127.0.0.1:1")] });
    await links.prepare({ current: [at("127.0.0.1:1", "b")] });
  } finally {
    Deno.umask(umask);
  }
  for (const path of ["live", "live/.slots", "live/at:127.0.0.1:1"]) {
    const mode = Deno.statSync(directory.join(path)).mode ?? 0;
    assertEquals((mode & 0o777).toString(8), "755", path);
  }
});

Deno.test("prepare() and point() say what they can't write", async () => {
  using directory = new TempDir();
  directory.write("live");
  const links = new LiveLinks(directory.path);
  const route = { current: [at("127.0.0.1:1")] };
  await assertRejects(() => links.prepare(route), ZddError, "Cannot write to");
  assertThrows(() => links.point("web", "x"), ZddError, "Cannot move the link");
});

Deno.test("mainSlot() knows no other links", () => {
  for (
    const target of [
      "route:web-1",
      "at:127.0.0.1:1",
      "x",
      ".slots/",
      ".slots/é",
    ]
  ) {
    assertEquals(mainSlot(target), undefined);
  }
});

Deno.test("cleanLinks() leaves links of the first layout to an nginx that asks for them", () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  Deno.mkdirSync(directory.join("live/.shares/12"), { recursive: true });
  Deno.symlinkSync(".shares/12", directory.join("live/web"));
  Deno.symlinkSync(".shares/12", directory.join("live/api"));
  const left = () =>
    [...Deno.readDirSync(directory.join("live"))].map(({ name }) => name)
      .sort();
  cleanLinks(links); // nobody knows
  cleanLinks(links, ["web", "api"]);
  assertEquals(left(), [".shares", "api", "web"]);
  cleanLinks(links, ["web", "slots:api"]);
  assertEquals(left(), [".shares", "web"]);
  cleanLinks(links, ["slots:web", "slots:api"]);
  assertEquals(left(), []);
});

Deno.test("cleanLinks() leaves what steers, and nothing that did", async () => {
  using directory = new TempDir();
  const links = new LiveLinks(directory.path);
  const closed = (allowed: string[]) =>
    prepareMaintenance(links.directory, {
      ...{ page: DEFAULT_PAGE, allowed, retryAfter: 5 },
    });
  const [former, present] = [await closed(["::1"]), await closed([])];
  const [over, held] = [1, 2].map(() => prepareHold(links.directory, ["web"]));
  links.point(MAINTENANCE, former);
  links.point(MAINTENANCE, present);
  links.point(HOLD, held);
  links.letThrough("0".repeat(32));
  cleanLinks(links);
  const rest = (below: string) =>
    [...Deno.readDirSync(join(links.directory, below))].map(({ name }) => name);
  assertEquals(rest(".maintenance"), [basename(present)]);
  assertEquals(rest(".held"), [basename(held ?? "")]);
  assertEquals(rest("steering").sort(), ["hold", "maintenance"]);
  assertNotEquals(over, held);
  links.point(MAINTENANCE, undefined);
  links.point(HOLD, undefined);
  cleanLinks(links);
  assertEquals(rest(".maintenance").concat(rest(".held")), []);
  assert(!rest("").includes("steering"));
});
