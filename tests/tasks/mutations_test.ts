import { assertEquals, assertNotEquals } from "@std/assert";
import { mutate, mutationsOf, random } from "../../tasks/mutations.ts";

/** A text with each of its changes made. */
function mutantsOf(text: string): string[] {
  return mutationsOf(text).map((mutation) => mutate(text, mutation));
}

Deno.test("mutationsOf() changes one operator at a time", () => {
  assertEquals(mutantsOf("f(a === b && !c);"), [
    ";",
    "f(a === b || !c);",
    "f(a !== b && !c);",
    "f(a === b && c);",
  ]);
  assertEquals(mutantsOf("const x = a < b || a >= c;").sort(), [
    "const x = a < b && a >= c;",
    "const x = a < b || a > c;",
    "const x = a <= b || a >= c;",
  ]);
  assertEquals(mutantsOf("const x = a + b - c * d / e;").sort(), [
    "const x = a + b + c * d / e;",
    "const x = a + b - c * d * e;",
    "const x = a + b - c / d / e;",
    "const x = a - b - c * d / e;",
  ]);
});

Deno.test("mutationsOf() changes literals and swaps branches", () => {
  assertEquals(mutantsOf("const x = a ? true : 0;"), [
    "const x = a ? 0 : true;",
    "const x = a ? false : 0;",
    "const x = a ? true : 1;",
  ]);
  assertEquals(mutantsOf("const x = 0x10;"), [
    "const x = 17;",
    "const x = 15;",
  ]);
});

Deno.test("mutationsOf() removes statements", () => {
  assertEquals(mutantsOf("for (;;) { if (a) continue; else break; }"), [
    "for (;;) { if (a) ; else break; }",
    "for (;;) { if (a) continue; else ; }",
  ]);
  assertEquals(mutantsOf("function f() { return a; }"), ["function f() { ; }"]);
  assertEquals(mutantsOf("function f() { throw a; }"), ["function f() { ; }"]);
});

Deno.test("mutationsOf() keeps what makes no difference when it is left out", () => {
  assertEquals(mutantsOf("function f() { g(); return undefined; }"), [
    "function f() { ; return undefined; }",
  ]);
  assertEquals(mutantsOf("function f() { if (a) return; b(); }").length, 2);
});

Deno.test("mutationsOf() leaves types, imports, texts and what joins them alone", () => {
  const text = `
    import { a } from "./1.ts";
    // a < b
    interface B { c: true; d: Map<string, 2> }
    const e: 3 | false = f as true;
    const g = "1 < 2" + h + \`\${i}\` + j;
    class K extends L { constructor() { super(); } }
  `;
  assertEquals(mutationsOf(text), []);
});

Deno.test("random() gives the same numbers for the same seed", () => {
  const numbers = (seed: number) => Array.from({ length: 5 }, random(seed));
  assertEquals(numbers(7), numbers(7));
  assertNotEquals(numbers(7), numbers(8));
  assertEquals(numbers(7).every((number) => number >= 0 && number < 1), true);
});
