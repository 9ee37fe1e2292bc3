import { assertEquals } from "@std/assert";
import { COLORED, cut, PLAIN, styleOf, widthOf } from "../../lib/cli/style.ts";
import { printable } from "../../lib/cli/output.ts";
import { isCapable } from "../../lib/cli/terminal.ts";

const TERMINAL = { isTerminal: () => true };
const FILE = { isTerminal: () => false };

/** Runs something with other environment variables. */
function withEnv(env: Partial<Record<string, string>>, body: () => void) {
  const names = ["NO_COLOR", "TERM"];
  const before = names.map((name) => Deno.env.get(name));
  try {
    for (const name of names) Deno.env.delete(name);
    for (const [name, value] of Object.entries(env)) {
      if (value !== undefined) Deno.env.set(name, value);
    }
    body();
  } finally {
    names.forEach((name, i) => {
      const value = before[i];
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    });
  }
}

Deno.test("styleOf() is coloured on a terminal that can, unless NO_COLOR is set", () => {
  withEnv({ TERM: "xterm" }, () => {
    assertEquals(styleOf(TERMINAL, "auto"), COLORED);
    assertEquals(styleOf(FILE, "auto"), PLAIN);
  });
  withEnv({ TERM: "xterm", NO_COLOR: "" }, () => {
    assertEquals(styleOf(TERMINAL, "auto"), COLORED);
  });
  for (const env of [{ TERM: "xterm", NO_COLOR: "1" }, { TERM: "dumb" }, {}]) {
    withEnv(env, () => assertEquals(styleOf(TERMINAL, "auto"), PLAIN));
  }
});

Deno.test("styleOf() does as --color says, whatever else holds", () => {
  withEnv({ NO_COLOR: "1", TERM: "dumb" }, () => {
    assertEquals(styleOf(FILE, "always"), COLORED);
  });
  withEnv({ TERM: "xterm" }, () => {
    assertEquals(styleOf(TERMINAL, "never"), PLAIN);
  });
});

Deno.test("isCapable() knows terminals that are none", () => {
  assertEquals(
    [undefined, "", "dumb", "linux", "xterm-256color"].map(isCapable),
    [false, false, false, true, true],
  );
});

Deno.test("widthOf() and cut() leave colours out of account", () => {
  const line = `a ${COLORED.red("red")} ${COLORED.dim("dim")} line`;
  assertEquals(widthOf(line), "a red dim line".length);
  assertEquals(cut(line, 3), `a ${COLORED.red("r")}${COLORED.dim("")}`);
  assertEquals(cut("plain", 10), "plain");
});

Deno.test("COLORED ends each style by its own end (ECMA-48)", () => {
  const drawn = Object.entries(COLORED).map(([name, style]) =>
    `${name} ${printable(style("x")).replaceAll("\u001b", "^")}`
  );
  assertEquals(drawn, [
    "bold ^[1mx^[22m",
    "dim ^[2mx^[22m",
    "red ^[31mx^[39m",
    "green ^[32mx^[39m",
    "yellow ^[33mx^[39m",
  ]);
});
