import { assertEquals } from "@std/assert";
import { isSlotted, planMoves } from "../../lib/deploy/live_switch.ts";
import type { Slot } from "../../lib/instance/slots.ts";
import type { State } from "../../lib/state/state.ts";
import { serviceIn } from "../instance/service_config.ts";
import { TempDir } from "../system/temp_dir.ts";

const WEB = { service: "web", key: "web", to: "b" };
const API = { service: "api", key: "to:api", to: "at:127.0.0.1:1" };

Deno.test("planMoves() moves the links that lead elsewhere", () => {
  const links: Record<string, string> = { "web": "a", "to:api": API.to };
  const moves = planMoves([WEB, API], ["web", "to:api"], (key) => links[key]);
  assertEquals(moves, [{ ...WEB, from: "a" }]);
});

Deno.test("planMoves() makes links anew that no configuration asks for, wherever they lead", () => {
  const moves = planMoves([WEB, API], ["to:api"], () => "b");
  assertEquals(moves, [
    { ...WEB, from: undefined },
    { ...API, from: "b" },
  ]);
});

Deno.test("planMoves() makes a link that is asked for and has gone", () => {
  assertEquals(planMoves([WEB], ["web"], () => undefined), [
    { ...WEB, from: undefined },
  ]);
});

Deno.test("nginx finds by its slot what runs in one, while its service has slots", () => {
  using directory = new TempDir();
  const serving = (...slots: (Slot | undefined)[]): State => ({
    services: {
      web: {
        ...{ standby: [], retiring: [] },
        current: slots.map((slot, i) => ({
          ...{ id: `web-${i}`, service: "web", number: i + 1, slot },
          ...{ address: "127.0.0.1:1", startedAt: "2026", log: "/log" },
          process: { pid: 4711, startTime: 1, boot: "b" },
        })),
      },
    },
  });
  const services = [serviceIn(directory, { port: "env" })];
  assertEquals(isSlotted({ services }, serving("a", "a"), "web"), true);
  assertEquals(isSlotted({ services }, serving(), "web"), true);
  assertEquals(isSlotted({ services }, serving("a", undefined), "web"), false);
  assertEquals(isSlotted({ services }, serving(), "api"), false);
  const [file] = [serviceIn(directory, { port: "file" })];
  assertEquals(isSlotted({ services: [file] }, serving("a"), "web"), false);
});
