import { assertEquals, assertThrows } from "@std/assert";
import { formatMistake, Mistakes } from "../../lib/config/diagnostics.ts";
import { ZddError } from "../../lib/error.ts";

Deno.test("formatMistake() names the place, what is wrong and what to do", () => {
  const file = "deploy.conf";
  const message = 'Unknown key "strat"';
  assertEquals(
    formatMistake({ file, line: 7, message, hint: 'did you mean "start"?' }),
    'deploy.conf:7: Unknown key "strat"; did you mean "start"?',
  );
  assertEquals(
    formatMistake({ file, message }),
    'deploy.conf: Unknown key "strat"',
  );
});

Deno.test("Mistakes.throwIfAny() is silent without mistakes", () => {
  new Mistakes().throwIfAny();
});

Deno.test("Mistakes.throwIfAny() names all at once, file by file, in the order of the lines", () => {
  const mistakes = new Mistakes();
  mistakes.add({ file: "b", line: 20, message: "late" });
  mistakes.add({ file: "a", line: 1, message: "other file" });
  mistakes.add({ file: "b", line: 3, message: "early" });
  mistakes.add({ file: "b", message: "whole file" });
  const error = assertThrows(() => mistakes.throwIfAny(), ZddError);
  assertEquals(
    error.message,
    "b: whole file\nb:3: early\nb:20: late\na:1: other file",
  );
  assertEquals(error.hint, "4 mistakes, nothing was run");
  assertEquals(error.exitStatus, 2);
});

Deno.test("Mistakes.add() keeps a mistake that is known already only once", () => {
  const mistakes = new Mistakes();
  mistakes.add({ file: "a", line: 1, message: "x" });
  mistakes.add({ file: "a", line: 1, message: "x" });
  mistakes.add({ file: "a", line: 2, message: "x" });
  mistakes.add({ file: "a", line: 1, message: "x" });
  const error = assertThrows(() => mistakes.throwIfAny(), ZddError);
  assertEquals(error.message, "a:1: x\na:2: x");
  assertEquals(error.hint, "2 mistakes, nothing was run");
});

Deno.test("Mistakes.throwIfAny() says one mistake of one", () => {
  const mistakes = new Mistakes();
  mistakes.add({ file: "a", message: "x" });
  const error = assertThrows(() => mistakes.throwIfAny(), ZddError);
  assertEquals(error.hint, "one mistake, nothing was run");
});
