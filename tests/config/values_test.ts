import { assertEquals } from "@std/assert";
import {
  parseEnvironment,
  parsePort,
  parseStatuses,
} from "../../lib/config/values.ts";

Deno.test("parseStatuses() reads single statuses and ranges", () => {
  assertEquals(parseStatuses("200"), [{ low: 200, high: 200 }]);
  assertEquals(parseStatuses("200-399"), [{ low: 200, high: 399 }]);
  assertEquals(parseStatuses(" 200, 204\n300-302 "), [
    { low: 200, high: 200 },
    { low: 204, high: 204 },
    { low: 300, high: 302 },
  ]);
  assertEquals(parseStatuses("100-599"), [{ low: 100, high: 599 }]);
});

Deno.test("parseStatuses() refuses whatever isn't one", () => {
  const wrong = [
    "",
    " , ",
    "2xx",
    "20",
    "2000",
    "099",
    "600",
    "399-200",
    "200-",
    "-200",
    "200 - 399",
    "200-300-400",
    "200,ok",
  ];
  for (const text of wrong) {
    assertEquals(parseStatuses(text), undefined, JSON.stringify(text));
  }
});

Deno.test("parseEnvironment() reads KEY=VALUE lines", () => {
  assertEquals(parseEnvironment("A=1\n\n  B = two words \nEMPTY=\n"), {
    variables: { A: "1", B: "two words", EMPTY: "" },
    wrong: undefined,
  });
});

Deno.test("parseEnvironment() understands quotes, comments and export", () => {
  const text = `
# a comment
export A=1 # one
B="x # y"
C='it is "so"'
_d1=a=b
`;
  assertEquals(parseEnvironment(text), {
    variables: { A: "1", B: "x # y", C: 'it is "so"', _d1: "a=b" },
    wrong: undefined,
  });
});

Deno.test("parseEnvironment() takes the last of two values", () => {
  assertEquals(parseEnvironment("A=1\nA=2").variables, { A: "2" });
});

Deno.test("parseEnvironment() returns the first line that is no variable", () => {
  assertEquals(parseEnvironment("A=1\nB 2\nC").wrong, "B 2");
  assertEquals(parseEnvironment("1A=2").wrong, "1A=2");
  assertEquals(parseEnvironment("A-B=2").wrong, "A-B=2");
  assertEquals(parseEnvironment("=2").wrong, "=2");
});

Deno.test("parseEnvironment() reads a file with the line ends of Windows", () => {
  assertEquals(parseEnvironment("A=1\r\nB=2\r\n"), {
    variables: { A: "1", B: "2" },
    wrong: undefined,
  });
});

Deno.test("parseEnvironment() reads a value in quotes that goes over several lines", () => {
  assertEquals(parseEnvironment('KEY="-----BEGIN\nabc\n-----END"\nB=2'), {
    variables: { KEY: "-----BEGIN\nabc\n-----END", B: "2" },
    wrong: undefined,
  });
});

Deno.test("parseEnvironment() keeps a byte order mark out of the first name", () => {
  const { variables, wrong } = parseEnvironment("\ufeffA=1\nB=2");
  assertEquals({ variables, wrong }, {
    variables: { A: "1", B: "2" },
    wrong: undefined,
  });
});

Deno.test("parsePort() reads a word in any case, a port, and a port behind detect", () => {
  assertEquals(parsePort("file"), { port: "file" });
  assertEquals(parsePort("Env"), { port: "env" });
  assertEquals(parsePort("SOCKET"), { port: "socket" });
  assertEquals(parsePort("detect"), { port: "detect", portNumber: undefined });
  assertEquals(parsePort("detect 8080"), { port: "detect", portNumber: 8080 });
  assertEquals(parsePort("None"), { port: "none" });
  assertEquals(parsePort("1"), { port: "fixed", portNumber: 1 });
  assertEquals(parsePort("65535"), { port: "fixed", portNumber: 65535 });
});

Deno.test("parsePort() refuses whatever isn't one", () => {
  const wrong = ["", "0", "65536", "100000", "-1", "8080 detect", "detect8080"];
  for (
    const text of [
      ...wrong,
      "detect 0",
      "env 1",
      "socket 1",
      "file 1",
      "none 1",
    ]
  ) {
    assertEquals(parsePort(text), undefined, text);
  }
});
