import { assert, assertEquals } from "@std/assert";
import type { Config } from "../../lib/config/config.ts";
import {
  addCurrent,
  addToCanary,
  withInstances,
  withoutEnded,
  withRetiring,
} from "../../lib/state/instance_transitions.ts";
import {
  abortCanary,
  addCanary,
  bringBack,
  keepWatched,
  promoteCanary,
  replaceCurrent,
  retireEverything,
  setCanary,
  swapStandby,
  takeBack,
} from "../../lib/state/transitions.ts";
import {
  type Retiring,
  type ServiceState,
  type State,
  withService,
} from "../../lib/state/state.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import { ConfDir, NGINX, WEB } from "../config/conf_dir.ts";

const API = WEB.replace("web]", "api]").replace("web.pid", "api.pid");

function configOf(lines = ""): Config {
  using directory = new ConfDir(NGINX + API + WEB + lines);
  return directory.config();
}

function instance(id: string): Instance {
  return {
    id,
    service: id.replace(/\d+$/, ""),
    number: 1,
    process: { pid: 4711, startTime: 1, boot: "b" },
    address: "127.0.0.1:1",
    startedAt: "2026",
    log: "/log",
  };
}

function stateOf(
  current: string[],
  { standby = [], canary = [], percent = 10 }: {
    standby?: string[];
    canary?: string[];
    percent?: number;
  } = {},
): State {
  const services: Record<string, ServiceState> = {};
  for (const service of ["api", "web"]) {
    const of = (ids: string[]) =>
      ids.filter((id) => id.startsWith(service)).map(instance);
    services[service] = {
      current: of(current),
      standby: of(standby),
      retiring: [],
      ...canary.length === 0
        ? {}
        : { canary: { instances: of(canary), percent } },
    };
  }
  return { services };
}

/** Who does what, as `web: current / standby / canary / retiring`. */
function roles(state: State): string[] {
  return Object.entries(state.services).map(([name, own]) => {
    const ids = (instances: readonly Instance[]) =>
      instances.map(({ id }) => id).join();
    const canary = own.canary === undefined
      ? "-"
      : `${ids(own.canary.instances)}@${own.canary.percent}`;
    const retiring = ids(own.retiring.map(({ instance }) => instance));
    return `${name}: ${
      [ids(own.current), ids(own.standby), canary, retiring]
        .map((text) => text || "-").join(" / ")
    }`;
  });
}

Deno.test("replaceCurrent() retires what served, of the services that were started", () => {
  const before = stateOf(["api1", "web1"]);
  const after = replaceCurrent(configOf(), before, [instance("web2")]);
  assertEquals(roles(after), [
    "api: api1 / - / - / -",
    "web: web2 / - / - / web1",
  ]);
  assertEquals(roles(before)[1], "web: web1 / - / - / -", "a copy is changed");
});

Deno.test("replaceCurrent() keeps what served as the standby, and retires the one before", () => {
  const before = stateOf(["web2"], { standby: ["web1"] });
  const config = configOf("standby: yes\n");
  const after = replaceCurrent(config, before, [instance("web3")]);
  assertEquals(roles(after)[1], "web: web3 / web2 / - / web1");
});

Deno.test("a canary comes, grows, and is promoted or goes", () => {
  const config = configOf();
  const with10 = addCanary(config, stateOf(["web1"]), [instance("web2")], 10);
  assertEquals(roles(with10)[1], "web: web1 / - / web2@10 / -");
  const with50 = setCanary(config, with10, 50);
  assertEquals(roles(with50)[1], "web: web1 / - / web2@50 / -");
  assertEquals(
    roles(promoteCanary(config, with50))[1],
    "web: web2 / - / - / web1",
  );
  assertEquals(
    roles(abortCanary(config, with50))[1],
    "web: web1 / - / - / web2",
  );
  assertEquals(roles(with50)[0], "api: - / - / - / -");
});

Deno.test("promoteCanary() keeps a standby where there is to be one", () => {
  const before = stateOf(["web2"], { standby: ["web1"], canary: ["web3"] });
  const after = promoteCanary(configOf("standby: yes\n"), before);
  assertEquals(roles(after)[1], "web: web3 / web2 / - / web1");
});

Deno.test("without a canary nothing is promoted, aborted or steered", () => {
  const before = stateOf(["web1"], { standby: ["web0"] });
  const config = configOf();
  for (const change of [promoteCanary, abortCanary]) {
    assertEquals(roles(change(config, before)), roles(before));
  }
  assertEquals(roles(setCanary(config, before, 5)), roles(before));
});

Deno.test("swapStandby() changes places, where there is a standby", () => {
  const before = stateOf(["api1", "web2"], { standby: ["web1"] });
  const config = configOf();
  assertEquals(roles(swapStandby(config, before)), [
    "api: api1 / - / - / -",
    "web: web1 / web2 / - / -",
  ]);
});

Deno.test("bringBack() lets the standby serve again where all current ones have ended", () => {
  const before = stateOf(["api1", "web2"], { standby: ["web1"] });
  const alive = ({ id }: Instance) => id !== "web2";
  const after = bringBack(before, ["api", "web"], alive);
  assertEquals(roles(after), [
    "api: api1 / - / - / -",
    "web: web1 / - / - / web2",
  ]);
});

Deno.test("bringBack() lets those serve again that the last switch has replaced, and no others", () => {
  const before = retiring(stateOf(["web4"]), [
    { instance: instance("web1"), since: "2026-01-01" },
    { instance: { ...instance("web3"), number: 2 }, since: "2026-01-02" },
    { instance: instance("web2"), since: "2026-01-02" },
  ]);
  const after = bringBack(before, ["web"], ({ id }) => id !== "web4");
  assertEquals(roles(after)[1], "web: web2,web3 / - / - / web1,web4");
});

Deno.test("bringBack() changes nothing while one of the current ones runs, or if nobody else can serve", () => {
  const since = "2026";
  const told = { instance: instance("web1"), since, stopSent: true } as const;
  const untold = { instance: instance("web1"), since };
  const cases: [State, string[]][] = [
    [stateOf(["web2", "web3"], { standby: ["web1"] }), ["web1", "web3"]],
    [stateOf(["web2"], { standby: ["web1"] }), []],
    [stateOf([], { standby: ["web1"] }), ["web1"]],
    [retiring(stateOf(["web2"]), [told]), ["web1"]],
    [retiring(stateOf(["web2"]), [untold]), []],
    [retiring(stateOf(["web2"]), [untold]), ["web1", "web2"]],
  ];
  for (const [before, alive] of cases) {
    const isAlive = ({ id }: Instance) => alive.includes(id);
    assert(bringBack(before, ["web"], isAlive) === before, alive.join());
  }
  // Another service is none of its business.
  const before = stateOf(["web2"], { standby: ["web1"] });
  assert(bringBack(before, ["api"], ({ id }) => id === "web1") === before);
});

Deno.test("bringBack() ends a canary that has ended, and only that", () => {
  const before = stateOf(["web1"], { standby: ["web0"], canary: ["web2"] });
  const after = bringBack(before, ["web"], ({ id }) => id !== "web2");
  assertEquals(roles(after)[1], "web: web1 / web0 / - / web2");
  assert(bringBack(before, ["web"], () => true) === before);
});

Deno.test("bringBack() takes a release under watch back as a whole", () => {
  const by = { pid: 4711, startTime: 1, boot: "b" };
  const watch = { by, since: "2026", kept: ["api", "web"] };
  const alive = ({ id }: Instance) => id !== "web2";
  const full = stateOf(["api2", "web2"], { standby: ["api1", "web1"] });
  const earlier = bringBack({ ...full, watch }, ["api", "web"], alive);
  assertEquals(roles(earlier), [
    "api: api1 / - / - / api2",
    "web: web1 / - / - / web2",
  ]);
  assertEquals(earlier.watch, undefined);

  const canary = stateOf(["api1", "web1"], { canary: ["api2", "web2"] });
  const without = bringBack(
    { ...canary, watch: { ...watch, kept: [] } },
    ["api", "web"],
    alive,
  );
  assertEquals(roles(without), [
    "api: api1 / - / - / api2",
    "web: web1 / - / - / web2",
  ]);
  assertEquals(without.watch, undefined);
});

Deno.test("withoutEnded() forgets those that have ended, but not that there is a canary", () => {
  const before = stateOf(["web1", "web2"], {
    standby: ["web0"],
    canary: ["web3"],
  });
  const after = withoutEnded(before, ({ id }) => id === "web2");
  assertEquals(roles(after)[1], "web: web2 / - / @10 / -");
});

Deno.test("addCurrent() and addToCanary() keep the order of the numbers", () => {
  const second = { ...instance("web2"), number: 2 };
  const before = stateOf([], { canary: ["web9"] });
  const current = addCurrent(before, [second, instance("web1")]);
  assertEquals(roles(current)[1], "web: web1,web2 / - / web9@10 / -");
  const canary = addToCanary(before, [second]);
  assertEquals(roles(canary)[1], "web: - / - / web9,web2@10 / -");
  assertEquals(addToCanary(stateOf([]), [second]), stateOf([]));
});

Deno.test("withInstances() knows which processes the current and canary ones are by now", () => {
  const before = stateOf(["web1", "web2"], { canary: ["web3"] });
  const moved = { pid: 4712, startTime: 2, boot: "b" };
  const present = ["web2", "web3"].map((id) => ({
    ...instance(id),
    process: moved,
  }));
  const { web } = withInstances(before, present).services;
  assertEquals(web?.current.map(({ process }) => process.pid), [4711, 4712]);
  assertEquals(web?.canary?.instances[0]?.process, moved);
  assertEquals(web?.canary?.percent, 10);
});

Deno.test("retireEverything() leaves nobody in service", () => {
  const before = stateOf(["web2"], { standby: ["web1"], canary: ["web3"] });
  const after = retireEverything(configOf(), before);
  assertEquals(roles(after)[1], "web: - / - / - / web2,web1,web3");
});

Deno.test("what was stopped is remembered until there is another release", () => {
  const config = configOf();
  const before = withService(stateOf([]), "web", {
    ...{ standby: [], retiring: [] },
    current: [{ ...instance("web1"), release: "41" }],
  });
  const stopped = retireEverything(config, before);
  assertEquals(stopped.services.web?.release, "41");
  const again = retireEverything(config, stopped);
  assertEquals(again.services.web?.release, "41");
  const next = replaceCurrent(config, again, [instance("web2")]);
  assertEquals(next.services.web?.release, undefined);
  assertEquals(retireEverything(config, next).services.web?.release, undefined);
});

function retiring(state: State, those: Retiring[]): State {
  return withRetiring(state, "web", those);
}

const WATCH = {
  by: { pid: 4711, startTime: 1, boot: "b" },
  since: "2026",
  kept: ["web"],
};

Deno.test("keepWatched() lets those go that were kept for the watch, and no standby", () => {
  const watched = {
    ...stateOf(["api2", "web2"], { standby: ["api1", "web1"] }),
    watch: WATCH,
  };
  const kept = keepWatched(configOf(), watched);
  assertEquals(roles(kept), [
    "api: api2 / api1 / - / -",
    "web: web2 / - / - / web1",
  ]);
  assertEquals(kept.watch, undefined);
  const standing = keepWatched(configOf("standby: yes\n"), watched);
  assertEquals(roles(standing)[1], "web: web2 / web1 / - / -");
});

Deno.test("takeBack() has those serve again that were kept for the watch, and no others", () => {
  const back = takeBack({
    ...stateOf(["api2", "web2"], { standby: ["api1", "web1"] }),
    watch: WATCH,
  });
  assertEquals(roles(back), [
    "api: api2 / api1 / - / -",
    "web: web1 / - / - / web2",
  ]);
  assertEquals(back.watch, undefined);
  const alone = takeBack({ ...stateOf(["web2"]), watch: WATCH });
  assertEquals(roles(alone)[1], "web: web2 / - / - / -");
});
