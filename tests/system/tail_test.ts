import { assert, assertEquals } from "@std/assert";
import { readTail, sizeOf } from "../../lib/system/tail.ts";
import { TempDir } from "./temp_dir.ts";

Deno.test("readTail() returns the last lines, ten unless told", () => {
  using directory = new TempDir();
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  const file = directory.write("log", lines.join("\n") + "\n");
  assertEquals(readTail(file), lines.slice(-10));
  assertEquals(readTail(file, 0, 2), lines.slice(-2));
});

Deno.test("readTail() returns only what was written behind a position", () => {
  using directory = new TempDir();
  const file = directory.write("log", "old\n");
  const before = sizeOf(file);
  assertEquals(readTail(file, before), []);
  Deno.writeTextFileSync(file, "new 1\n\nnew 2\n", { append: true });
  assertEquals(readTail(file, before), ["new 1", "", "new 2"]);
});

Deno.test("readTail() starts anew when the log was cut meanwhile", () => {
  using directory = new TempDir();
  const file = directory.write("log", "x".repeat(1000));
  const before = sizeOf(file);
  Deno.writeTextFileSync(file, "new\n");
  assertEquals(readTail(file, before), ["new"]);
});

Deno.test("readTail() reads the end of a large log only", () => {
  using directory = new TempDir();
  const file = directory.write("log", "x".repeat(5_000_000) + "\nlast\n");
  const lines = readTail(file);
  assertEquals(lines.at(-1), "last");
  assert((lines[0]?.length ?? 0) < 10_000);
});

Deno.test("readTail() returns nothing of a file that is empty, gone or none", () => {
  using directory = new TempDir();
  assertEquals(readTail(directory.write("empty")), []);
  assertEquals(readTail(directory.write("blank", "\n \n")), []);
  assertEquals(readTail(directory.join("none")), []);
  assertEquals(readTail(directory.path), []);
});

Deno.test("readTail() bears bytes that are no text", () => {
  using directory = new TempDir();
  const file = directory.join("log");
  Deno.writeFileSync(file, new Uint8Array([0xff, 0x00, 0x0a, 0x41, 0x0a]));
  assertEquals(readTail(file).at(-1), "A");
});

Deno.test("sizeOf() counts bytes, and 0 for a file that isn't there", () => {
  using directory = new TempDir();
  assertEquals(sizeOf(directory.write("f", "ä\n")), 3);
  assertEquals(sizeOf(directory.join("none")), 0);
});

Deno.test("readTail() shows no control characters, which could do something to the terminal", () => {
  using directory = new TempDir();
  const log = directory.write(
    "log",
    "\u001b[31mred\u001b[0m\ttab\r\n\u001b]0;title\u0007\u001b[2J bell\u0007 \u0000 \u009b1m\n",
  );
  const [first, second = "", ...others] = readTail(log);
  assertEquals([first, others], ["red\ttab", []]);
  // deno-lint-ignore no-control-regex -- that is the point
  assertEquals(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(second), false);
  assertEquals(second.includes("bell"), true);
});

Deno.test("readTail() neither waits for a FIFO's writer nor follows somebody else's link", () => {
  using directory = new TempDir();
  const fifo = directory.join("fifo");
  new Deno.Command("mkfifo", { args: [fifo] }).outputSync();
  assertEquals(readTail(fifo), []);
  const link = directory.join("link");
  Deno.symlinkSync(directory.write("secret", "secret\n"), link);
  assertEquals(readTail(link), ["secret"]);
  if (Deno.uid() !== 0) return; // only root can make somebody else's
  new Deno.Command("chown", { args: ["-h", "65534", link] }).outputSync();
  assertEquals(readTail(link), []);
});
