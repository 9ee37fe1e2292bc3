import { assertEquals } from "@std/assert";
import {
  type Mistake,
  parseConf,
  quote,
  type Section,
} from "../../lib/ini/parser.ts";

function valuesOf(section: Section | undefined): Record<string, string> {
  return Object.fromEntries(
    [...section?.entries.values() ?? []].map(({ key, value }) => [key, value]),
  );
}

/** The values of section [s] of a file in which there must be no mistake. */
function valuesBelowHeading(...lines: string[]): Record<string, string> {
  const { sections, mistakes } = parseConf(["[s]", ...lines].join("\n"));
  assertEquals(mistakes, []);
  return valuesOf(sections.get("s"));
}

function mistakesIn(...lines: string[]): Mistake[] {
  return parseConf(lines.join("\n")).mistakes;
}

function messagesFor(...lines: string[]): string[] {
  return mistakesIn(...lines).map(({ line, message }) => `${line}: ${message}`);
}

Deno.test("parseConf() reads sections and keys in the order of the file, with their lines", () => {
  const { defaults, sections, mistakes } = parseConf(`# zdd
[nginx]
template: nginx.conf.template

[DEFAULT]
dir = /srv
[service:web]
start = ./web
stop: ./stop
`);
  assertEquals(mistakes, []);
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

Deno.test("parseConf() finds nothing in an empty file, and [DEFAULT] on line 0", () => {
  const nothing = {
    defaults: { name: "DEFAULT", line: 0, entries: new Map() },
    sections: new Map(),
    mistakes: [],
  };
  assertEquals(parseConf(""), nothing);
  assertEquals(parseConf("\n  \n# a comment\n  ; another\n"), nothing);
});

Deno.test("parseConf() ends a key at the first = or : and strips the blanks around both", () => {
  assertEquals(
    valuesBelowHeading("a=1", "b:2", "c \t=  3 ", "d : x=y:z", "e=:", "f ="),
    { a: "1", b: "2", c: "3", d: "x=y:z", e: ":", f: "" },
  );
});

Deno.test("parseConf() reads keys in any case, sections as they are written", () => {
  const { sections, mistakes } = parseConf(
    "[Web]\nStart = A\nSTOP = B\n[web]\n[default]\n",
  );
  assertEquals(mistakes, []);
  assertEquals([...sections.keys()], ["Web", "web", "default"]);
  assertEquals(valuesOf(sections.get("Web")), { start: "A", stop: "B" });
});

Deno.test("parseConf() keeps the comment signs that don't start a line", () => {
  assertEquals(valuesBelowHeading("a = 1 # one", "b = 2 ; two"), {
    a: "1 # one",
    b: "2 ; two",
  });
});

Deno.test("parseConf() continues a value on lines that are indented deeper than its key", () => {
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

Deno.test("parseConf() keeps blank lines inside a value, but neither comments nor the blank lines behind it", () => {
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

Deno.test("parseConf() doesn't continue a value across a section's heading", () => {
  const { sections, mistakes } = parseConf("[a]\nx = 1\n[b]\n  y = 2\n");
  assertEquals(mistakes, []);
  assertEquals(valuesOf(sections.get("b")), { y: "2" });
});

Deno.test("parseConf() takes a section's name up to the last bracket and ignores what follows", () => {
  assertEquals(
    [...parseConf("[a] # x\n[b]c]\n[[d]\n[ e ]\n[]]\n").sections.keys()],
    ["a", "b]c", "[d", " e ", "]"],
  );
});

Deno.test("parseConf() takes a bracket that isn't closed for a key, as CPython does", () => {
  assertEquals(valuesBelowHeading("[service:web", "[]=x"), {
    "[service": "web",
    "[]": "x",
  });
});

Deno.test("parseConf() joins all [DEFAULT] sections", () => {
  const { defaults, sections, mistakes } = parseConf(
    "[DEFAULT]\na = 1\n[s]\n[DEFAULT]\nb = 2\n",
  );
  assertEquals(mistakes, []);
  assertEquals(valuesOf(defaults), { a: "1", b: "2" });
  assertEquals(defaults.line, 1);
  assertEquals([...sections.keys()], ["s"]);
});

Deno.test("parseConf() takes LF, CRLF and CR for the end of a line, and nothing else", () => {
  const { sections, mistakes } = parseConf(
    "[s]\r\na = 1\r  2\n\r\nb = x\u2028y\u0085z\vw\r\n",
  );
  assertEquals(mistakes, []);
  assertEquals([...sections.get("s")?.entries.values() ?? []], [
    { key: "a", value: "1\n2", line: 2 },
    { key: "b", value: "x\u2028y\u0085z\vw", line: 5 },
  ]);
});

Deno.test("parseConf() ignores a byte order mark in front, and only there", () => {
  assertEquals(parseConf("\ufeff[s]\na = 1").mistakes, []);
  assertEquals(valuesBelowHeading("a = \ufeff1\ufeff"), {
    a: "\ufeff1\ufeff",
  });
});

Deno.test("parseConf() calls blank what Python calls blank", () => {
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

Deno.test("parseConf() lowers the letters of keys beyond ASCII", () => {
  assertEquals(valuesBelowHeading("ÄΣ = 1", "İ = 2"), { "äς": "1", "i̇": "2" });
});

Deno.test("parseConf() isn't confused by names that JavaScript's objects have", () => {
  const { sections } = parseConf("[__proto__]\nconstructor = 1\n");
  assertEquals(sections.get("__proto__")?.entries.get("constructor"), {
    key: "constructor",
    value: "1",
    line: 2,
  });
  assertEquals(sections.get("toString"), undefined);
});

Deno.test("parseConf() reports a line that is neither a key nor a section", () => {
  assertEquals(mistakesIn("[s]", "start ./web"), [{
    line: 2,
    message: 'Expected "key: value" or "[section]", got "start ./web"',
    hint: undefined,
  }]);
});

Deno.test("parseConf() hints at a continuation line that isn't indented", () => {
  assertEquals(mistakesIn("[s]", "start = ./web", "--port 0"), [{
    line: 3,
    message: 'Expected "key: value" or "[section]", got "--port 0"',
    hint: 'Indent the line if it continues the value of "start"',
  }]);
});

Deno.test("parseConf() reports text above the first section once, and reads on behind it", () => {
  const { mistakes, sections } = parseConf("a = 1\nb\n[s]\nc = 2\n");
  assertEquals(mistakes, [{
    line: 1,
    message: 'Expected a "[section]" above any other text, got "a = 1"',
  }]);
  assertEquals(valuesOf(sections.get("s")), { c: "2" });
});

Deno.test("parseConf() reports a repeated section with the line of the first", () => {
  assertEquals(mistakesIn("[a]", "[b]", "[a]"), [{
    line: 3,
    message: "Section [a] is already on line 1",
    hint: "Join the two, or give one of them another name",
  }]);
});

Deno.test("parseConf() reports a repeated key with the line of the first, whatever its case", () => {
  assertEquals(mistakesIn("[s]", "Key = 1", "x = 2", "KEY : 3"), [{
    line: 4,
    message: 'Key "key" of [s] is already on line 2',
    hint: "Remove one of the two",
  }]);
});

Deno.test("parseConf() keeps the first of two equal keys and drops the second with its continuation lines", () => {
  const { sections } = parseConf("[s]\na = 1\na = 2\n  3\nb = 4\n");
  assertEquals(valuesOf(sections.get("s")), { a: "1", b: "4" });
});

Deno.test("parseConf() reports a key that is repeated in another [DEFAULT]", () => {
  assertEquals(
    messagesFor("[DEFAULT]", "a = 1", "[s]", "a = 2", "[DEFAULT]", "a = 3"),
    ['6: Key "a" of [DEFAULT] is already on line 2'],
  );
});

Deno.test("parseConf() joins a repeated section to the first and reports only keys repeated within it", () => {
  const { mistakes, sections } = parseConf(
    "[s]\na = 1\n[t]\n[s]\na = 2\nb = 3\nb = 4\n",
  );
  assertEquals(mistakes.map(({ line, message }) => `${line}: ${message}`), [
    "4: Section [s] is already on line 1",
    '7: Key "b" of [s] is already on line 6',
  ]);
  assertEquals(valuesOf(sections.get("s")), { a: "1", b: "3" });
});

Deno.test("parseConf() reports an empty key, and takes what it continues for a part of it", () => {
  assertEquals(messagesFor("[s]", ": x", "  more", "= y", "a = 1"), [
    '2: Expected a key before ":", got ": x"',
    '4: Expected a key before "=", got "= y"',
  ]);
});

Deno.test("parseConf() reports a heading without a name or an end, and reads the section behind it", () => {
  const { mistakes, sections, defaults } = parseConf(
    "[service:web\na = 1\n[nginx\na = 1\n[]\na = 1\n[t]\na = 1\n[DEFAULT\nb = 1",
  );
  assertEquals(mistakes.map(({ line, message }) => `${line}: ${message}`), [
    '1: Expected "[section]", got "[service:web"',
    '3: Expected "[section]", got "[nginx"',
    '5: Expected "[section]", got "[]"',
    '9: Expected "[section]", got "[DEFAULT"',
  ]);
  assertEquals([...sections.keys()], ["service:web", "nginx", "t"]);
  assertEquals(valuesOf(defaults), { b: "1" });
});

Deno.test("parseConf() reports all mistakes, each once", () => {
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

Deno.test("parseConf() reads keys that are indented below an unreadable line", () => {
  const { sections } = parseConf("[s]\n??\n  a = 1\n  b = 2\n");
  assertEquals(valuesOf(sections.get("s")), { a: "1", b: "2" });
});

Deno.test("quote() shows control characters and cuts long text", () => {
  assertEquals(quote("a\n\x1b"), String.raw`"a\n\u001b"`);
  assertEquals(quote("abcdef", 6), '"abcdef"');
  assertEquals(quote("abcdefg", 6), '"abcde…"');
});
