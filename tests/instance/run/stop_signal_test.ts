import { assertEquals } from "@std/assert";
import { signalOf } from "../../../lib/instance/run/stop_signal.ts";

Deno.test("signalOf() knows the stop commands that only send a signal", () => {
  assertEquals(signalOf({ stop: "kill -TERM" }), "SIGTERM");
  assertEquals(signalOf({ stop: "kill -QUIT" }), "SIGQUIT");
  assertEquals(signalOf({ stop: "kill -TERM; ./clean" }), undefined);
  assertEquals(signalOf({ stop: "./stop" }), undefined);
});
