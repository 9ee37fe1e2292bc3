/**
 * Makes Deno before 2.8 judge tests like later versions, with `deno test --preload`. Before
 * 2.8, a detached child that a test has started and killed counts as a leak unless it is
 * reaped within the test. From 2.8 on, `deno test` only looks for leaks if told to.
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
