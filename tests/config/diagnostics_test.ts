import { assertEquals, assertThrows } from "@std/assert";
import { Diagnostics, formatDiagnostic } from "../../lib/config/diagnostics.ts";
import { ZddError } from "../../lib/error.ts";

Deno.test("formatDiagnostic() names the place, what is wrong and what to do", () => {
  const file = "deploy.conf";
  const message = 'Unknown key "strat"';
  assertEquals(
    formatDiagnostic({ file, line: 7, message, hint: 'did you mean "start"?' }),
    'deploy.conf:7: Unknown key "strat"; did you mean "start"?',
  );
  assertEquals(
    formatDiagnostic({ file, message }),
    'deploy.conf: Unknown key "strat"',
  );
});

Deno.test("Diagnostics.throwIfAny() is silent without diagnostics", () => {
  new Diagnostics().throwIfAny();
});

Deno.test("Diagnostics.throwIfAny() names all at once, file by file, in the order of the lines", () => {
  const diagnostics = new Diagnostics();
  diagnostics.add({ file: "b", line: 20, message: "late" });
  diagnostics.add({ file: "a", line: 1, message: "other file" });
  diagnostics.add({ file: "b", line: 3, message: "early" });
  diagnostics.add({ file: "b", message: "whole file" });
  const error = assertThrows(() => diagnostics.throwIfAny(), ZddError);
  assertEquals(
    error.message,
    "b: whole file\nb:3: early\nb:20: late\na:1: other file",
  );
  assertEquals(error.hint, "4 mistakes, nothing was run");
  assertEquals(error.exitStatus, 2);
});

Deno.test("Diagnostics.add() keeps a mistake that is known already only once", () => {
  const diagnostics = new Diagnostics();
  diagnostics.add({ file: "a", line: 1, message: "x" });
  diagnostics.add({ file: "a", line: 1, message: "x" });
  diagnostics.add({ file: "a", line: 2, message: "x" });
  diagnostics.add({ file: "a", line: 1, message: "x" });
  const error = assertThrows(() => diagnostics.throwIfAny(), ZddError);
  assertEquals(error.message, "a:1: x\na:2: x");
  assertEquals(error.hint, "2 mistakes, nothing was run");
});

Deno.test("Diagnostics.throwIfAny() says one mistake of one", () => {
  const diagnostics = new Diagnostics();
  diagnostics.add({ file: "a", message: "x" });
  const error = assertThrows(() => diagnostics.throwIfAny(), ZddError);
  assertEquals(error.hint, "one mistake, nothing was run");
});
