import { assertEquals } from "@std/assert";
import { parse, type Problem, type Section } from "../../lib/ini/mod.ts";
import { quote } from "../../lib/ini/quote.ts";

function valuesOf(section: Section | undefined): Record<string, string> {
  return Object.fromEntries(
    [...section?.entries.values() ?? []].map(({ key, value }) => [key, value]),
  );
}

/** The values of section [s] of a file in which there must be no problem. */
function valuesBelowHeading(...lines: string[]): Record<string, string> {
  const { sections, problems } = parse(["[s]", ...lines].join("\n"));
  assertEquals(problems, []);
  return valuesOf(sections.get("s"));
}

function problemsIn(...lines: string[]): Problem[] {
  return parse(lines.join("\n")).problems;
}

function messagesFor(...lines: string[]): string[] {
  return problemsIn(...lines).map(({ line, message }) => `${line}: ${message}`);
}

Deno.test("parse() reads sections and keys in the order of the file, with their lines", () => {
  const { defaults, sections, problems } = parse(`# zdd
[nginx]
template: nginx.conf.template

[DEFAULT]
dir = /srv
[service:web]
start = ./web
stop: ./stop
`);
  assertEquals(problems, []);
  assertEquals(defaults, {
    name: "DEFAULT",
    line: 5,
    entries: new Map([["dir", { key: "dir", value: "/srv", line: 6 }]]),
  });
  assertEquals([...sections], [
    ["nginx", {
      name: "nginx",
      line: 2,
      entries: new Map([
        ["template", {
          key: "template",
          value: "nginx.conf.template",
          line: 3,
        }],
      ]),
    }],
    ["service:web", {
      name: "service:web",
      line: 7,
      entries: new Map([
        ["start", { key: "start", value: "./web", line: 8 }],
        ["stop", { key: "stop", value: "./stop", line: 9 }],
      ]),
    }],
  ]);
});

Deno.test("parse() finds nothing in an empty file, and [DEFAULT] on line 0", () => {
  const nothing = {
    defaults: { name: "DEFAULT", line: 0, entries: new Map() },
    sections: new Map(),
    problems: [],
  };
  assertEquals(parse(""), nothing);
  assertEquals(parse("\n  \n# a comment\n  ; another\n"), nothing);
});

Deno.test("parse() ends a key at the first = or : and strips the blanks around both", () => {
  assertEquals(
    valuesBelowHeading("a=1", "b:2", "c \t=  3 ", "d : x=y:z", "e=:", "f ="),
    { a: "1", b: "2", c: "3", d: "x=y:z", e: ":", f: "" },
  );
});

Deno.test("parse() reads keys in any case, sections as they are written", () => {
  const { sections, problems } = parse(
    "[Web]\nStart = A\nSTOP = B\n[web]\n[default]\n",
  );
  assertEquals(problems, []);
  assertEquals([...sections.keys()], ["Web", "web", "default"]);
  assertEquals(valuesOf(sections.get("Web")), { start: "A", stop: "B" });
});

Deno.test("parse() keeps the comment signs that don't start a line", () => {
  assertEquals(valuesBelowHeading("a = 1 # one", "b = 2 ; two"), {
    a: "1 # one",
    b: "2 ; two",
  });
});

Deno.test("parse() continues a value on lines that are indented deeper than its key", () => {
  assertEquals(
    valuesBelowHeading("a = 1", "  b = 2", "\t\t[c]  ", " 3", "d = 4"),
    { a: "1\nb = 2\n[c]\n3", d: "4" },
  );
  assertEquals(valuesBelowHeading("  a = 1", "  b = 2", "   3", " c = 4"), {
    a: "1",
    b: "2\n3",
    c: "4",
  });
});

Deno.test("parse() keeps blank lines inside a value, but neither comments nor the blank lines behind it", () => {
  assertEquals(
    valuesBelowHeading(
      "a =",
      "  1",
      "",
      "# no",
      "   ; no",
      "  \t",
      "  2",
      "",
      "#",
      "",
      "b = 3",
      "",
    ),
    { a: "\n1\n\n\n2", b: "3" },
  );
});

Deno.test("parse() doesn't continue a value across a section's heading", () => {
  const { sections, problems } = parse("[a]\nx = 1\n[b]\n  y = 2\n");
  assertEquals(problems, []);
  assertEquals(valuesOf(sections.get("b")), { y: "2" });
});

Deno.test("parse() takes a section's name up to the last bracket and ignores what follows", () => {
  assertEquals(
    [...parse("[a] # x\n[b]c]\n[[d]\n[ e ]\n[]]\n").sections.keys()],
    ["a", "b]c", "[d", " e ", "]"],
  );
});

Deno.test("parse() takes a bracket that isn't closed for a key, as CPython does", () => {
  assertEquals(valuesBelowHeading("[service:web", "[]=x"), {
    "[service": "web",
    "[]": "x",
  });
});

Deno.test("parse() joins all [DEFAULT] sections", () => {
  const { defaults, sections, problems } = parse(
    "[DEFAULT]\na = 1\n[s]\n[DEFAULT]\nb = 2\n",
  );
  assertEquals(problems, []);
  assertEquals(valuesOf(defaults), { a: "1", b: "2" });
  assertEquals(defaults.line, 1);
  assertEquals([...sections.keys()], ["s"]);
});

Deno.test("parse() takes LF, CRLF and CR for the end of a line, and nothing else", () => {
  const { sections, problems } = parse(
    "[s]\r\na = 1\r  2\n\r\nb = x\u2028y\u0085z\vw\r\n",
  );
  assertEquals(problems, []);
  assertEquals([...sections.get("s")?.entries.values() ?? []], [
    { key: "a", value: "1\n2", line: 2 },
    { key: "b", value: "x\u2028y\u0085z\vw", line: 5 },
  ]);
});

Deno.test("parse() ignores a byte order mark in front, and only there", () => {
  assertEquals(parse("\ufeff[s]\na = 1").problems, []);
  assertEquals(valuesBelowHeading("a = \ufeff1\ufeff"), {
    a: "\ufeff1\ufeff",
  });
});

Deno.test("parse() calls blank what Python calls blank", () => {
  for (
    const blank
      of "\t\v\f \x1c\x1d\x1e\x1f\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
  ) {
    assertEquals(
      valuesBelowHeading(
        `a${blank}=${blank}1${blank}`,
        blank,
        `${blank}2`,
        `${blank}# comment`,
        "b = 3",
      ),
      { a: "1\n\n2", b: "3" },
    );
  }
  for (const visible of "\0\x1b\u180e\u200b\u2060\ufeff") {
    assertEquals(valuesBelowHeading(`a =${visible}`), { a: visible });
  }
});

Deno.test("parse() lowers the letters of keys beyond ASCII", () => {
  assertEquals(valuesBelowHeading("ÄΣ = 1", "İ = 2"), { "äς": "1", "i̇": "2" });
});

Deno.test("parse() isn't confused by names that JavaScript's objects have", () => {
  const { sections } = parse("[__proto__]\nconstructor = 1\n");
  assertEquals(sections.get("__proto__")?.entries.get("constructor"), {
    key: "constructor",
    value: "1",
    line: 2,
  });
  assertEquals(sections.get("toString"), undefined);
});

Deno.test("parse() reports a line that is neither a key nor a section", () => {
  assertEquals(problemsIn("[s]", "start ./web"), [{
    line: 2,
    message: 'Expected "key: value" or "[section]", got "start ./web"',
    hint: undefined,
  }]);
});

Deno.test("parse() hints at a continuation line that isn't indented", () => {
  assertEquals(problemsIn("[s]", "start = ./web", "--port 0"), [{
    line: 3,
    message: 'Expected "key: value" or "[section]", got "--port 0"',
    hint: 'Indent the line if it continues the value of "start"',
  }]);
});

Deno.test("parse() reports text above the first section once, and reads on behind it", () => {
  const { problems, sections } = parse("a = 1\nb\n[s]\nc = 2\n");
  assertEquals(problems, [{
    line: 1,
    message: 'Expected a "[section]" above any other text, got "a = 1"',
  }]);
  assertEquals(valuesOf(sections.get("s")), { c: "2" });
});

Deno.test("parse() reports a repeated section with the line of the first", () => {
  assertEquals(problemsIn("[a]", "[b]", "[a]"), [{
    line: 3,
    message: "Section [a] is already on line 1",
    hint: "Join the two, or give one of them another name",
  }]);
});

Deno.test("parse() reports a repeated key with the line of the first, whatever its case", () => {
  assertEquals(problemsIn("[s]", "Key = 1", "x = 2", "KEY : 3"), [{
    line: 4,
    message: 'Key "key" of [s] is already on line 2',
    hint: "Remove one of the two",
  }]);
});

Deno.test("parse() keeps the first of two equal keys and drops the second with its continuation lines", () => {
  const { sections } = parse("[s]\na = 1\na = 2\n  3\nb = 4\n");
  assertEquals(valuesOf(sections.get("s")), { a: "1", b: "4" });
});

Deno.test("parse() reports a key that is repeated in another [DEFAULT]", () => {
  assertEquals(
    messagesFor("[DEFAULT]", "a = 1", "[s]", "a = 2", "[DEFAULT]", "a = 3"),
    ['6: Key "a" of [DEFAULT] is already on line 2'],
  );
});

Deno.test("parse() joins a repeated section to the first and reports only keys repeated within it", () => {
  const { problems, sections } = parse(
    "[s]\na = 1\n[t]\n[s]\na = 2\nb = 3\nb = 4\n",
  );
  assertEquals(problems.map(({ line, message }) => `${line}: ${message}`), [
    "4: Section [s] is already on line 1",
    '7: Key "b" of [s] is already on line 6',
  ]);
  assertEquals(valuesOf(sections.get("s")), { a: "1", b: "3" });
});

Deno.test("parse() reports an empty key, and takes what it continues for a part of it", () => {
  assertEquals(messagesFor("[s]", ": x", "  more", "= y", "a = 1"), [
    '2: Expected a key before ":", got ": x"',
    '4: Expected a key before "=", got "= y"',
  ]);
});

Deno.test("parse() reports a heading without a name or an end, and reads the section behind it", () => {
  const { problems, sections, defaults } = parse(
    "[service:web\na = 1\n[nginx\na = 1\n[]\na = 1\n[t]\na = 1\n[DEFAULT\nb = 1",
  );
  assertEquals(problems.map(({ line, message }) => `${line}: ${message}`), [
    '1: Expected "[section]", got "[service:web"',
    '3: Expected "[section]", got "[nginx"',
    '5: Expected "[section]", got "[]"',
    '9: Expected "[section]", got "[DEFAULT"',
  ]);
  assertEquals([...sections.keys()], ["service:web", "nginx", "t"]);
  assertEquals(valuesOf(defaults), { b: "1" });
});

Deno.test("parse() reports all problems, each once", () => {
  assertEquals(
    messagesFor(
      "above",
      "[s]",
      "start ./web",
      "  --quiet",
      "  --port 0",
      "a = 1",
      "a = 2",
      "",
      "[s]",
      "= 3",
      "end",
    ),
    [
      '1: Expected a "[section]" above any other text, got "above"',
      '3: Expected "key: value" or "[section]", got "start ./web"',
      '7: Key "a" of [s] is already on line 6',
      "9: Section [s] is already on line 2",
      '10: Expected a key before "=", got "= 3"',
      '11: Expected "key: value" or "[section]", got "end"',
    ],
  );
});

Deno.test("parse() takes unreadable lines below one that isn't as deep for part of it", () => {
  const lines = ["[s]", "one", "  two", "    three", "  four", "five"];
  assertEquals(problemsIn(...lines).map(({ line }) => line), [2, 6]);
  assertEquals(problemsIn("[s]", "  one", "two", "three").length, 3);
});

Deno.test("parse() takes a deeper unreadable line for another one behind a heading or a key", () => {
  for (const between of ["[t]", "[DEFAULT]", "  a = 1"]) {
    const lines = problemsIn("[s]", "one", between, "  two")
      .map(({ line }) => line);
    assertEquals(lines, [2, 4], between);
  }
  assertEquals(
    problemsIn("[s]", "one", "[t", "  two").map(({ line }) => line),
    [2, 3, 4],
  );
});

Deno.test("parse() takes keys that a broken heading repeats for part of its problem", () => {
  const lines = ["[s]", "a = 1", "[s", "a = 2", "b = 3", "b = 4"];
  assertEquals(problemsIn(...lines).map(({ line }) => line), [3, 6]);
});

Deno.test("parse() reads keys that are indented below an unreadable line", () => {
  const { sections } = parse("[s]\n??\n  a = 1\n  b = 2\n");
  assertEquals(valuesOf(sections.get("s")), { a: "1", b: "2" });
});

Deno.test("quote() shows control characters and cuts long text", () => {
  assertEquals(quote("a\n\x1b"), String.raw`"a\n\u001b"`);
  assertEquals(quote("abcdef", 6), '"abcdef"');
  assertEquals(quote("abcdefg", 6), '"abcde…"');
});
