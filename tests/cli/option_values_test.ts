import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  readCount,
  readListen,
  readPercent,
  readRelease,
} from "../../lib/cli/option_values.ts";
import { ZddError } from "../../lib/error.ts";

Deno.test("readPercent() reads a whole percent with or without its sign", () => {
  assertEquals(readPercent("0"), 0);
  assertEquals(readPercent("10"), 10);
  assertEquals(readPercent("100%"), 100);
  assertEquals(readPercent("5 %"), 5);
});

Deno.test("readPercent() refuses anything else as a mistake of the command line", () => {
  for (const text of ["", "%", "-1", "101", "1.5", "1e1", "ten", "10%%"]) {
    const error = assertThrows(() => readPercent(text), ZddError);
    assertEquals(
      error.message,
      `Expected a whole percent from 0 to 100, got "${text}"`,
    );
    assertEquals(error.exitStatus, 2);
  }
});

function refused(read: () => unknown): string {
  const error = assertThrows(read, ZddError);
  assertEquals(error.exitStatus, 2);
  return error.message;
}

Deno.test("readRelease() takes what needs no quoting anywhere", () => {
  for (const name of ["41", "v1.2.3-rc_4", "0", "A".repeat(64)]) {
    assertEquals(readRelease(name), name);
  }
  const wrong = ["", ".", "..", "../../home-x", "-x", "_x", "a b", "a/b", "ü"];
  for (
    const name of [...wrong, "41\nstop: x", "41\n", "a\u001b[2J", "a\u009b"]
  ) {
    const message = refused(() => readRelease(name));
    assert(message.includes("for --release"), message);
    assert(!message.includes("\n") && !message.includes("\u001b"), message);
  }
});

Deno.test("readListen() reads a port, with the address before it or without", () => {
  const cases: [text: string, host: string | undefined, port: number][] = [
    ["80", undefined, 80],
    ["65535", undefined, 65535],
    ["127.0.0.1:8080", "127.0.0.1", 8080],
    ["[::1]:8080", "[::1]", 8080],
  ];
  for (const [text, host, port] of cases) {
    assertEquals(readListen("listen", text), { host, port });
  }
  const wrong = [
    ...["0", "65536", "x", "-1", "8.5", "", "80:80", "1.2.3.4:", "::1:80"],
    ...["256.0.0.1:80", "[x]:80", "localhost:80", "1.2.3.4:123456"],
  ];
  for (const text of wrong) {
    assertEquals(
      refused(() => readListen("listen", text)),
      `Expected a port or ADDRESS:PORT for --listen, got "${text}"`,
    );
  }
});

Deno.test("readCount() reads whole numbers", () => {
  assertEquals([readCount("lines", "0"), readCount("lines", "999999")], [
    0,
    999999,
  ]);
  for (const text of ["1000000", "x", "-1", "1.5", ""]) {
    assertEquals(
      refused(() => readCount("lines", text)),
      `Expected a number for --lines, got "${text}"`,
    );
  }
});
