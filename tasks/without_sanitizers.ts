/**
 * Makes an older Deno judge tests as the one they are written for does: loaded by
 * `deno test --preload` where that is older than 2.8, which counts a child that a test
 * has started detached, and killed, as a leak unless it is reaped within the test.
 * From 2.8 on, `deno test` looks for leaks only if it is told to.
 */
type Words = unknown[];

const test = Deno.test as unknown as (...words: Words) => void;
const OFF = { sanitizeOps: false, sanitizeResources: false };

function testWithoutSanitizers(...words: Words): void {
  const at = words.findIndex((word) => typeof word === "object");
  if (at >= 0) words[at] = { ...OFF, ...words[at] as typeof OFF };
  // Options come after the name and before the function.
  else words.splice(-1, 0, OFF);
  test(...words);
}

Object.assign(Deno, { test: Object.assign(testWithoutSanitizers, Deno.test) });
