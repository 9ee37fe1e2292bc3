import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  allDirectives,
  type Block,
  inForce,
  levelsOf,
  parseConfiguration,
  quote,
} from "../../lib/nginx/configuration.ts";
import { Nginx } from "../../lib/nginx/nginx.ts";
import { SyntaxMistake } from "../../lib/nginx/tokens.ts";
import { RealNginx } from "./real_nginx.ts";

/** A block as plain lists: the words, and behind them the block. */
type Plain = (string | Plain)[];

function plain(block: Block): Plain {
  return block.map(({ name, args, block }) => [
    name,
    ...args,
    ...block === undefined ? [] : [plain(block)],
  ]);
}

for (
  const [text, expected] of [
    ["", []],
    ["a;b c;", [["a"], ["b", "c"]]],
    ["a {b;} c;", [["a", [["b"]]], ["c"]]],
    ["a{}", [["a", []]]],
    ["a b#c;", [["a", "b#c"]]],
    ["a; # b { \" ' ;\nc;", [["a"], ["c"]]],
    ['a "b; {c}" \'d "e"\';', [["a", "b; {c}", 'd "e"']]],
    ['a "b\\"c" d\\;e f\\ g \\d+;', [[
      "a",
      'b"c',
      "d\\;e",
      "f\\ g",
      "\\d+",
    ]]],
    ["a ${b}c $d{e;}", [["a", "${b}c", "$d", [["e"]]]]],
    ["a b\"c d'e;", [["a", 'b"c', "d'e"]]],
    ["a\n\tb\r\nc;", [["a", "b", "c"]]],
    ["location ~ ^/a\\.(b|c)$ {}", [["location", "~", "^/a\\.(b|c)$", []]]],
    ['if ($a ~ "x{2}") { b; }', [["if", "($a", "~", "x{2}", ")", [["b"]]]]],
    [
      "x_by_lua_block { local a = \"}\" -- }\n b = { [[ } ]], '}' } } c;",
      [["x_by_lua_block", []], ["c"]],
    ],
  ] satisfies [string, Plain][]
) {
  Deno.test(`parseConfiguration() reads ${JSON.stringify(text)}`, () => {
    assertEquals(plain(parseConfiguration(text)), expected);
  });
}

for (
  const [text, line, message] of [
    ["a", 1, 'no ";" after "a"'],
    ["a {\n b; c }", 2, 'no ";" after "c"'],
    ["\n;", 2, 'unexpected ";"'],
    ["{ }", 1, 'unexpected "{"'],
    ["a;\n}", 2, 'unexpected "}"'],
    ["\na { b;\n", 2, 'no "}" for "a"'],
    ['a "b;\n', 1, 'no closing "'],
    ["a 'b'c;", 1, 'unexpected "c" after \''],
    ["\na_by_lua_block { ", 2, 'no "}" for a Lua block'],
    ["a_by_lua_block {\n\n}\n}", 4, 'unexpected "}"'],
  ] as const
) {
  Deno.test(`parseConfiguration() refuses ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseConfiguration(text), SyntaxMistake);
    assertEquals([error.line, error.message], [line, message]);
  });
}

Deno.test("a directive knows its line and what it stands in", () => {
  const block = parseConfiguration(
    'http {\n server {\n  # "\n  a "b\nc"\n   d;\n  location / {\n   e; } } }',
  );
  const lines = [...allDirectives(block)].map(({ name, line }) => [name, line]);
  assertEquals(lines, [
    ["http", 1],
    ["server", 2],
    ["a", 4],
    ["location", 7],
    ["e", 8],
  ]);
  const last = [...allDirectives(block)].at(-1);
  assert(last);
  const levels = [...levelsOf(last, block)];
  assertEquals(levels.map((level) => level[0]?.name), [
    "e",
    "a",
    "server",
    "http",
  ]);
  assertEquals(inForce(levels, "a").map(({ args }) => args), [["b\nc", "d"]]);
  assertEquals(inForce(levels, "x"), []);
});

Deno.test("quote() makes a word that is read as it was", () => {
  for (
    const word of ["a", "", "a b", 'say "hi"', "\\d+\\.", "$a", "a\nb", "}"]
  ) {
    const [directive] = parseConfiguration(`x ${quote(word)};`);
    assertEquals(directive?.args, [word]);
  }
});

Deno.test("nginx takes the words of a configuration as parseConfiguration() does", async () => {
  await using real = new RealNginx();
  const words = [
    "plain",
    '"with blanks"',
    "'with \"quotes\"'",
    '"escaped \\" quote"',
    "back\\\\slash",
    "not#comment",
    "${server_protocol}x",
    "tab\\tin",
  ];
  real.write(
    words.map((word, i) => `location /${i} { return 200 ${word}; }`).join("\n"),
  );
  await new Nginx(real.config, real.stateDir).start();
  const text = Deno.readTextFileSync(real.config.conf);
  const returned = [...allDirectives(parseConfiguration(text))]
    .filter(({ name }) => name === "return")
    .map(({ args }) => args[1]?.replace("${server_protocol}", "HTTP/1.1"));
  assertEquals(returned.length, words.length);
  for (const [i, expected] of returned.entries()) {
    assertEquals(await real.get(`/${i}`), expected);
  }
});
