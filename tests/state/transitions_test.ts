import { assertEquals } from "@std/assert";
import type { Config } from "../../lib/config/config.ts";
import {
  abortCanary,
  addCanary,
  promoteCanary,
  replaceCurrent,
  retireStandby,
  setCanary,
  swapStandby,
} from "../../lib/state/transitions.ts";
import type { ServiceState, State } from "../../lib/state/state.ts";
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

Deno.test("swapStandby() changes places, and retireStandby() ends the standby", () => {
  const before = stateOf(["api1", "web2"], { standby: ["web1"] });
  const config = configOf();
  assertEquals(roles(swapStandby(config, before)), [
    "api: api1 / - / - / -",
    "web: web1 / web2 / - / -",
  ]);
  assertEquals(roles(retireStandby(config, before)), [
    "api: api1 / - / - / -",
    "web: web2 / - / - / web1",
  ]);
});
