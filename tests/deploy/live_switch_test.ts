import { assertEquals } from "@std/assert";
import { planMoves } from "../../lib/deploy/live_switch.ts";

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
