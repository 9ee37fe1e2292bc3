import { assertEquals } from "@std/assert";
import { Template } from "../../lib/template/template.ts";

const NAMES = { web: "4711", many: "one\ntwo\nthree", list: [1, 2] };

/** What is rendered, a line each, with the template's line before it. */
function numbered(text: string): string[] {
  const { text: rendered, lines } = new Template("x", text).renderLines(NAMES);
  assertEquals(rendered, new Template("x", text).render(NAMES));
  return rendered.split("\n").map((line, i) => `${lines[i]} ${line}`);
}

for (
  const [text, expected] of [
    ["", ["1 "]],
    ["a\nb\n", ["1 a", "2 b", "3 "]],
    ["a\n{web}\nb", ["1 a", "2 4711", "3 b"]],
    ["a\n <%= it.many %> x\nb", ["1 a", "2  one", "2 two", "2 three x", "3 b"]],
    ["<% if (false) { %>\na\n<% } %>\nb", ["3 ", "4 b"]],
    [
      "<% for (const i of it.list) { %>a\nb<%= i %>\n<% } %>c",
      ["1 a", "2 b1", "1 a", "2 b2", "3 c"],
    ],
    ["<%/* one\ntwo */%>a\r\nb", ["2 a\r", "3 b"]],
  ] as const
) {
  Deno.test(`renderLines() knows where each line is from: ${JSON.stringify(text)}`, () => {
    assertEquals(numbered(text), [...expected]);
  });
}
