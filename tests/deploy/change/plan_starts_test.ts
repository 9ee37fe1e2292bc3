import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConfDir, NGINX, WEB } from "../../config/conf_dir.ts";
import type { Instance } from "../../../lib/instance/instance.ts";
import { missing } from "../../../lib/deploy/change/start_missing.ts";
import {
  numbersOf,
  planStarts,
  requestAll,
} from "../../../lib/deploy/change/plan_starts.ts";
import {
  EMPTY_STATE,
  type ServiceState,
  type State,
} from "../../../lib/state/state.ts";
import { ZddError } from "../../../lib/error.ts";
import { serviceIn } from "../../instance/service_config.ts";
import { TempDir } from "../../system/temp_dir.ts";

const NO_CONF = () => "";

function instance(changes: Partial<Instance> = {}): Instance {
  return {
    ...{ id: "web-1", service: "web", number: 1, log: "/log" },
    ...{ address: "127.0.0.1:8000", startedAt: "2026", slot: "a" },
    process: { pid: 4711, startTime: 1, boot: "b" },
    ...changes,
  };
}

function stateWith(web: Partial<ServiceState>): State {
  const own = { current: [], standby: [], retiring: [], ...web };
  return { services: { web: own } };
}

Deno.test("a release starts in the slot that doesn't serve", () => {
  using directory = new TempDir();
  const service = serviceIn(directory, { port: "env", instances: 3 });
  const running = () => true;
  const slotFor = (slot: Instance["slot"], alive = running) => {
    const state = stateWith({ current: [instance({ slot })] });
    return requestAll(service, state, alive);
  };
  assertEquals(slotFor("a").slot, "b");
  assertEquals(slotFor("b").slot, "a");
  assertEquals(slotFor("a", () => false).slot, "a");
  assertEquals(requestAll(service, EMPTY_STATE).slot, "a");
  assertEquals(slotFor("a").numbers, [1, 2, 3]);
  assertEquals(numbersOf({ instances: 1 }), [1]);
});

Deno.test("where a standby is kept, a release starts in the slot of neither", () => {
  using directory = new TempDir();
  const service = serviceIn(directory, { port: "env", standby: true });
  const slotFor = (roles: Record<string, Instance["slot"]>) => {
    const of = (role: string) =>
      roles[role] === undefined ? [] : [instance({ slot: roles[role] })];
    const retiring = of("retiring")
      .map((instance) => ({ instance, since: "2026" }));
    const state = stateWith({
      current: of("current"),
      standby: of("standby"),
      retiring,
    });
    return requestAll(service, state, () => true).slot;
  };
  assertEquals(slotFor({ current: "a" }), "b");
  assertEquals(slotFor({ current: "b", standby: "a" }), "c");
  assertEquals(slotFor({ current: "c", standby: "b" }), "a");
  assertEquals(slotFor({ current: "a", standby: "c" }), "b");
  assertEquals(slotFor({ current: "a", retiring: "b" }), "c");
  assertEquals(slotFor({ current: "a", standby: "b", retiring: "c" }), "c");
});

Deno.test("an image of a release needs one, before anything is run", async () => {
  using conf = new ConfDir(NGINX, WEB);
  using directory = new TempDir();
  const service = serviceIn(directory, { image: "app:{release}" });
  const plan = (release?: string) =>
    planStarts(
      conf.config(),
      [{ service, numbers: [1], slot: "a", release }],
      EMPTY_STATE,
      NO_CONF,
    );
  await assertRejects(() => plan(), ZddError, '"app:{release}" has no release');
  assertEquals((await plan("v1")).plans[0]?.image, "app:v1");
});

Deno.test("a service that keeps no standby any more leaves the third slot in the end", async () => {
  using conf = new ConfDir(NGINX, WEB);
  using directory = new TempDir();
  const config = { ...conf.config(), stateDir: directory.path };
  const service = serviceIn(directory, { port: "env" });
  const before = stateWith({
    current: [instance({ slot: "c", address: "127.0.0.1:20003" })],
    slots: { c: ["127.0.0.1:20003"] },
  });
  const request = requestAll(service, before, () => true);
  assertEquals(request.slot, "a");
  const { state } = await planStarts(config, [request], before, NO_CONF);
  const { slots } = state.services.web ?? {};
  assertEquals(Object.keys(slots ?? {}), ["a", "b", "c"]);
  const later = stateWith({ current: [instance({ slot: "a" })], slots });
  const next = requestAll(service, later, () => true);
  const then = await planStarts(config, [next], later, NO_CONF);
  assertEquals(Object.keys(then.state.services.web?.slots ?? {}), ["a", "b"]);
});

Deno.test("a service with a fixed port is started only while it doesn't run there", () => {
  using directory = new TempDir();
  const service = serviceIn(directory, { port: "fixed", portNumber: 8000 });
  const numbers = (current: Instance[], alive = true) =>
    requestAll(service, stateWith({ current }), () => alive).numbers;
  assertEquals(numbers([instance()]), []);
  assertEquals(numbers([instance()], false), [1]);
  assertEquals(numbers([instance({ address: "127.0.0.1:18000" })]), [1]);
  assertEquals(numbers([]), [1]);
  const other = serviceIn(directory, { port: "file", portNumber: 8000 });
  const state = stateWith({ current: [instance()] });
  assertEquals(requestAll(other, state, () => true).numbers, [1]);
});

Deno.test("missing() asks for those numbers that don't run, in the slot where they were", () => {
  using directory = new TempDir();
  const service = serviceIn(directory, { instances: 3 });
  const second = instance({ number: 2, slot: "b" });
  const first = instance({ slot: "b" });
  const before = stateWith({ current: [{ ...second, release: "41" }, first] });
  const present = stateWith({ current: [second] });
  assertEquals(missing([service], before, present, "current"), [
    { service, slot: "b", numbers: [1, 3], release: "41" },
  ]);
  assertEquals(missing([service], EMPTY_STATE, EMPTY_STATE, "current"), [
    { service, slot: "a", numbers: [1, 2, 3], release: undefined },
  ]);
  const stopped = stateWith({ release: "40" });
  assertEquals(missing([service], stopped, stopped, "current"), [
    { service, slot: "a", numbers: [1, 2, 3], release: "40" },
  ]);
  const [one] = [serviceIn(directory)];
  const whole = stateWith({ current: [instance()] });
  assertEquals(missing([one], whole, whole, "current"), []);
});

Deno.test("missing() asks for a canary's only where there is one", () => {
  using directory = new TempDir();
  const service = serviceIn(directory);
  const ended = stateWith({
    canary: { instances: [instance({ slot: "b" })], percent: 5 },
  });
  const present = stateWith({ canary: { instances: [], percent: 5 } });
  assertEquals(missing([service], ended, present, "canary"), [
    { service, slot: "b", numbers: [1], release: undefined },
  ]);
  assertEquals(missing([service], ended, ended, "canary"), []);
  const none = stateWith({ current: [instance()] });
  assertEquals(missing([service], none, none, "canary"), []);
});

Deno.test("planStarts() hands out addresses that no other slot has, and keeps those that serve", async () => {
  using conf = new ConfDir(NGINX, WEB);
  using directory = new TempDir();
  const config = { ...conf.config(), stateDir: directory.path };
  const service = serviceIn(directory, { port: "env", instances: 2 });
  const before: State = {
    services: {
      ...stateWith({
        slots: { a: ["127.0.0.1:20001", "127.0.0.1:20002"], b: [] },
      }).services,
      api: { current: [], standby: [], retiring: [] },
    },
  };
  const request = { service, numbers: [1, 2], slot: "b" as const };
  const { plans, state } = await planStarts(config, [request], before, NO_CONF);
  const { slots } = state.services.web ?? {};
  assertEquals(slots?.a, ["127.0.0.1:20001", "127.0.0.1:20002"]);
  assertEquals(slots?.b?.length, 2);
  assertEquals(new Set([...slots?.a ?? [], ...slots?.b ?? []]).size, 4);
  assertEquals(plans.map(({ number, slot }) => [number, slot]), [
    [1, "b"],
    [2, "b"],
  ]);
  assert(plans.every(({ address }) => address !== undefined));
  assertEquals(before.services.web?.slots?.b, []);

  const file = serviceIn(directory, { port: "file" });
  const without = await planStarts(
    config,
    [{ service: file, numbers: [1], slot: "a" }],
    state,
    NO_CONF,
  );
  assertEquals(without.state.services.web?.slots, undefined);
  assertEquals(without.plans.map(({ address }) => address), [undefined]);
});
