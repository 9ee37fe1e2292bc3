import { assertEquals, assertThrows } from "@std/assert";
import { Script } from "node:vm";
import { toScript } from "../../tasks/executable/script.ts";

/** Runs a rewritten module with others. Returns what it exports and what it asked for. */
async function runScript(text: string, modules: Record<string, unknown> = {}) {
  const exports: Record<string, unknown> = {};
  const asked: string[] = [];
  const ask = (how: string) => (name: string) => {
    asked.push(`${how} ${name}`);
    return modules[name];
  };
  const run = new Script(toScript("a.js", text)).runInThisContext();
  await run(
    ...[exports, ask("load"), ask("later"), ask("builtin"), { main: true }],
  );
  return { exports, asked };
}

Deno.test("toScript() rewrites the imports and exports of a module", async () => {
  const { exports, asked } = await runScript(
    `import {
  one,
  two as b
} from "./chunk-A.js";
import "./chunk-B.js";
import { sep } from "node:path";
import os from "node:os";
import * as util from "node:util";
var later = () => import("./chunk-C.js");
const sum = one + b;
export {
  later,
  sum as result,
  sep, os, util
};
`,
    {
      "./chunk-A.js": { one: 1, two: 2 },
      ...{ "node:path": { sep: "/" }, "node:os": "os", "node:util": "util" },
    },
  );
  const { later, ...values } = exports;
  assertEquals(values, { result: 3, sep: "/", os: "os", util: "util" });
  assertEquals(asked, [
    ...["load ./chunk-A.js", "load ./chunk-B.js"],
    ...["builtin node:path", "builtin node:os", "builtin node:util"],
  ]);
  assertEquals(typeof later, "function");
});

Deno.test("toScript() keeps what only looks like an import or export", async () => {
  const sample = `
import a from "./a.js";
export { a };
import("./b.js"); import.meta.main
`;
  const { exports, asked } = await runScript(
    `const text = \`${sample}\`; /* import "./c.js" */
export { text };`,
  );
  assertEquals(exports, { text: sample });
  assertEquals(asked, []);
});

Deno.test("toScript() keeps a module strict, with its lines, import.meta and await", async () => {
  const { exports } = await runScript(
    `const isStrict = (function () { return this === undefined; })();
const line = Number(/:(\\d+):\\d+\\)?$/m.exec(new Error().stack)[1]);
const isMain = import.meta.main;
const value = await Promise.resolve(7);
export { isMain, isStrict, line, value };
`.replaceAll("\\\\", "\\"),
  );
  assertEquals(exports, { isMain: true, isStrict: true, line: 2, value: 7 });
});

for (
  const text of [
    ...['export * from "./a.js";', "export default 1;", "export const a = 1;"],
    ...['export { a } from "./a.js";', 'import a, { b } from "./a.js";'],
  ]
) {
  Deno.test(`toScript() refuses what it doesn't know: ${text}`, () => {
    assertThrows(() => toScript("a.js", text), Error, "Cannot rewrite a.js:1");
  });
}
