import { assert, assertEquals } from "@std/assert";
import { failureJson, formatFailure } from "../../lib/cli/output.ts";
import { ZddError } from "../../lib/error.ts";

const FAILURE = new ZddError("web didn't start", {
  quote: ["one", "two"],
  source: "/srv/web.log",
  hint: "look",
});

Deno.test("formatFailure() tells what happened, what others said and where, and what to do", () => {
  assertEquals(
    formatFailure(FAILURE, false),
    "zddeploy: web didn't start\n  | one\n  | two\n  (/srv/web.log)\nhint: look",
  );
});

Deno.test("formatFailure() leaves out what isn't known", () => {
  assertEquals(formatFailure(new ZddError("x"), false), "zddeploy: x");
});

Deno.test("formatFailure() admits that a failure wasn't foreseen", () => {
  const text = formatFailure(new TypeError("x is not a function"), false);
  assert(text.startsWith("zddeploy: x is not a function\nhint: "), text);
  assert(text.includes("--verbose"));
  assert(formatFailure("thrown text", false).startsWith("zddeploy: thrown"));
});

Deno.test("formatFailure() shows the stack only when asked for", () => {
  for (const error of [FAILURE, new TypeError("x")]) {
    assert(!formatFailure(error, false).includes("output_test.ts"));
    assert(formatFailure(error, true).includes("output_test.ts"));
  }
});

Deno.test("failureJson() is the same for programs", () => {
  assertEquals(failureJson(FAILURE, 1), {
    error: {
      message: "web didn't start",
      hint: "look",
      quote: ["one", "two"],
      source: "/srv/web.log",
    },
    exitStatus: 1,
  });
  assertEquals(JSON.parse(JSON.stringify(failureJson("text", 4))), {
    error: { message: "text", quote: [] },
    exitStatus: 4,
  });
});
