import { assertEquals } from "@std/assert";
import {
  findEntry,
  interpolate,
  type Interpolated,
  parse,
} from "../../lib/ini/mod.ts";

/** Expands `key` of section [s] in a file of these lines. */
function expand(key: string, ...lines: string[]): Interpolated {
  const { defaults, sections, problems } = parse(lines.join("\n"));
  assertEquals(problems, []);
  return interpolate(sections.get("s") ?? defaults, defaults, key);
}

function expanded(value: string, ...used: string[]): Interpolated {
  return { value, used: new Set(used), problems: [] };
}

/** A file in which k0 refers to k1, which refers to k2, and so on to `last`. */
function chainTo(last: number, value: string): string[] {
  const keys = Array.from({ length: last }, (_, i) => `k${i} = %(k${i + 1})s`);
  return ["[s]", ...keys, `k${last} = ${value}`];
}

Deno.test("interpolate() leaves a value without a percent sign as it is", () => {
  assertEquals(
    expand("a", "[s]", "a = x (b)s $b {b}"),
    expanded("x (b)s $b {b}"),
  );
});

Deno.test("interpolate() puts in the values of the same section, then those of [DEFAULT]", () => {
  const lines = [
    "[DEFAULT]",
    "b = 1",
    "c = 2",
    "[s]",
    "a = %(b)s-%(c)s",
    "c=3",
  ];
  assertEquals(expand("a", ...lines), expanded("1-3", "b", "c"));
});

Deno.test("interpolate() reads a value of [DEFAULT] as the section sees it", () => {
  const lines = [
    "[DEFAULT]",
    "pid = %(name)s.pid",
    "name = x",
    "[s]",
    "name = web",
  ];
  assertEquals(expand("pid", ...lines), expanded("web.pid", "name"));
});

Deno.test("interpolate() expands [DEFAULT] by itself", () => {
  assertEquals(
    expand("a", "[DEFAULT]", "a = %(b)s", "b = 1"),
    expanded("1", "b"),
  );
});

Deno.test("interpolate() takes names in any case, and names with blanks in them", () => {
  assertEquals(
    expand("a", "[s]", "A = %(My Key)s%(B)s", "my key = 1", "b = 2"),
    expanded("12", "my key", "b"),
  );
});

Deno.test("interpolate() turns %% into a percent sign, which never starts a reference", () => {
  assertEquals(
    expand("a", "[s]", "a = 50%% %%(b)s %%%(b)s %%%%", "b = 1%%"),
    expanded("50% %(b)s %1% %%", "b"),
  );
});

Deno.test("interpolate() tells all names in use, those in the values it refers to included", () => {
  assertEquals(
    expand(
      "a",
      "[s]",
      "a = %(b)s",
      "b = %(C)s%(d)s",
      "c = %(d)s",
      "d = 1",
      "e = 2",
    ),
    expanded("11", "b", "c", "d"),
  );
});

Deno.test("interpolate() expands values of several lines", () => {
  assertEquals(
    expand("a", "[s]", "a = 1", "  %(b)s", "b =", "  2", "  3"),
    expanded("1\n\n2\n3", "b"),
  );
});

Deno.test("interpolate() finds no value and no problem where there is no such key", () => {
  assertEquals(expand("x", "[s]", "a = 1"), {
    used: new Set<string>(),
    problems: [],
  });
});

Deno.test("interpolate() expands ten levels", () => {
  const { value, problems } = expand("k0", ...chainTo(10, "end"));
  assertEquals(problems, []);
  assertEquals(value, "end");
  assertEquals(expand("k0", ...chainTo(9, "%%")).value, "%");
});

Deno.test("interpolate() reports references nested deeper than ten levels", () => {
  const { value, problems } = expand("k0", ...chainTo(10, "%%"));
  assertEquals(value, undefined);
  assertEquals(problems, [{
    kind: "depth",
    line: 2,
    message:
      '"k0" is nested more than 10 levels deep: k0 -> k1 -> k2 -> k3 -> k4 -> k5 -> k6 -> k7 -> k8 -> k9 -> k10',
  }]);
});

Deno.test("interpolate() reports a name that isn't there, with the names that are", () => {
  const lines = [
    "[DEFAULT]",
    "dir = /",
    "name = 1",
    "[s]",
    "name = 2",
    "a = %(Nmae)s",
  ];
  assertEquals(expand("a", ...lines), {
    used: new Set(["nmae"]),
    problems: [{
      kind: "missing",
      line: 6,
      message:
        '"a" refers to "%(Nmae)s", but neither [s] nor [DEFAULT] has such a key',
      name: "nmae",
      known: ["name", "dir"],
    }],
  });
});

Deno.test("interpolate() reports a name missing in [DEFAULT] itself", () => {
  assertEquals(
    expand("a", "[DEFAULT]", "a = %(b)s").problems.map((m) => m.message),
    ['"a" refers to "%(b)s", but [DEFAULT] has no such key'],
  );
});

Deno.test("interpolate() reports a percent sign that starts nothing, once a value", () => {
  assertEquals(
    expand("a", "[s]", "b = 1", "a = date +%Y-%m-%d >%(b)s").problems,
    [{
      kind: "syntax",
      line: 3,
      message:
        'Expected "%%" or "%(name)s" in the value of "a", got "%Y-%m-%d >%(b)s"',
      hint: "Write %% for a percent sign",
    }],
  );
});

Deno.test("interpolate() doesn't strip the blanks in a reference", () => {
  assertEquals(
    expand("a", "[s]", "b = 1", "a = %( b )s").problems.map((m) => m.message),
    ['"a" refers to "%( b )s", but neither [s] nor [DEFAULT] has such a key'],
  );
});

Deno.test("interpolate() reports references that aren't complete", () => {
  for (const broken of ["%", "%(b)", "%(b", "%()s", "%(b)d", "% (b)s", "%b"]) {
    const { value, problems } = expand("a", "[s]", "b = 1", `a = ${broken}`);
    assertEquals(value, undefined);
    assertEquals(problems.map(({ kind, line }) => [kind, line]), [[
      "syntax",
      3,
    ]]);
  }
});

Deno.test("interpolate() reports a problem on the line of the value it stands in, not of one that refers there", () => {
  const { problems } = expand(
    "a",
    "[s]",
    "a = %(b)s%(c)s",
    "b = %(x)s",
    "c = 5%",
  );
  assertEquals(problems.map(({ kind, line }) => [kind, line]), [
    ["missing", 3],
    ["syntax", 4],
  ]);
});

Deno.test("interpolate() reports all problems, each once", () => {
  const { problems } = expand(
    "a",
    "[s]",
    "a = %(x)s%(b)s%(b)s%y",
    "b = %(X)s%(z)s",
  );
  assertEquals(problems.map(({ line, message }) => `${line}: ${message}`), [
    '2: "a" refers to "%(x)s", but neither [s] nor [DEFAULT] has such a key',
    '3: "b" refers to "%(X)s", but neither [s] nor [DEFAULT] has such a key',
    '3: "b" refers to "%(z)s", but neither [s] nor [DEFAULT] has such a key',
    '2: Expected "%%" or "%(name)s" in the value of "a", got "%y"',
  ]);
});

Deno.test("interpolate() reports a cycle by the keys in it, once", () => {
  const lines = ["[s]", "a = %(b)s%(b)s", "b = %(c)s%(c)s", "c = %(b)s%(b)s"];
  assertEquals(expand("a", ...lines), {
    used: new Set(["b", "c"]),
    problems: [{
      kind: "depth",
      line: 3,
      message: '"b" refers to itself: b -> c -> b',
      hint: undefined,
    }],
  });
});

Deno.test("interpolate() explains that a key can't refer to its namesake in [DEFAULT]", () => {
  const lines = ["[DEFAULT]", "path = /bin", "[s]", "path = %(path)s:/x"];
  assertEquals(expand("path", ...lines).problems, [{
    kind: "depth",
    line: 4,
    message: '"path" refers to itself: path -> path',
    hint:
      'Rename one: "path" of [DEFAULT] can\'t be referred to from a key of the same name',
  }]);
});

Deno.test("findEntry() prefers the section's own entry", () => {
  const { defaults, sections } = parse("[DEFAULT]\na=1\nb=2\n[s]\na=3");
  const section = sections.get("s") ?? defaults;
  assertEquals(findEntry(section, defaults, "a")?.line, 5);
  assertEquals(findEntry(section, defaults, "b")?.line, 3);
  assertEquals(findEntry(section, defaults, "c"), undefined);
});

Deno.test("interpolate() hints at a key of [DEFAULT] only where one of the same name hides it", () => {
  const hints = (...lines: string[]) =>
    expand("a", ...lines).problems.map(({ hint }) => hint);
  const none = [undefined];
  assertEquals(hints("[DEFAULT]", "a = %(a)s", "[s]"), none);
  assertEquals(hints("[s]", "a = %(a)s"), none);
  assertEquals(
    hints("[DEFAULT]", "a = 1", "[s]", "a = %(b)s", "b = %(a)s"),
    none,
  );
  assertEquals(
    hints("[DEFAULT]", "a = %(b)s", "[s]", "b = %(a)s"),
    none,
  );
});

Deno.test("interpolate() quotes at most twenty characters of what it can't read", () => {
  const message = (value: string) =>
    expand("a", "[s]", `a = ${value}`).problems[0]?.message;
  const expected = 'Expected "%%" or "%(name)s" in the value of "a", got ';
  const twenty = "%" + "x".repeat(19);
  assertEquals(message(twenty), `${expected}"${twenty}"`);
  assertEquals(
    message(twenty + "x"),
    `${expected}"${twenty.slice(0, 19)}…"`,
  );
});
