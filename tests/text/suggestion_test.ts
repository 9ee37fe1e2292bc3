import { assertEquals } from "@std/assert";
import { nearest } from "../../lib/text/suggestion.ts";

const KEYS = ["start", "stop", "pid_file", "start_timeout", "env"];

Deno.test("nearest() finds the word that was meant", () => {
  assertEquals(nearest("strat", KEYS), "start");
  assertEquals(nearest("pidfile", KEYS), "pid_file");
  assertEquals(nearest("START", KEYS), "start");
  assertEquals(nearest("start-timeout", KEYS), "start_timeout");
});

Deno.test("nearest() prefers the nearest, and of equals the first", () => {
  assertEquals(nearest("stat", ["stop", "start"]), "start");
  assertEquals(nearest("b", ["ab", "bc"]), "ab");
});

Deno.test("nearest() is silent when nothing is near", () => {
  assertEquals(nearest("colour", KEYS), undefined);
  assertEquals(nearest("restart_policy", KEYS), undefined);
  assertEquals(nearest("", KEYS), undefined);
  assertEquals(nearest("start", []), undefined);
});

Deno.test("nearest() allows two slips, or one in three letters", () => {
  assertEquals(nearest("sto", ["start"]), undefined);
  assertEquals(nearest("strt", ["start"]), "start");
  assertEquals(nearest("xyart_timeout", ["start_timeout"]), "start_timeout");
  assertEquals(nearest("xyzwt_timeout", ["start_timeout"]), "start_timeout");
  assertEquals(nearest("xyzwv_timeout", ["start_timeout"]), undefined);
});

Deno.test("nearest() never suggests a word that shares nothing with what was written", () => {
  assertEquals(nearest("x", ["a", "ab"]), undefined);
});
