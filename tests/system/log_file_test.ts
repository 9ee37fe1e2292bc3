import { assertEquals, assertThrows } from "@std/assert";
import { LogFile } from "../../lib/system/log_file.ts";
import { TempDir } from "./temp_dir.ts";

function append(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { append: true });
}

Deno.test("last() returns the last lines, however long the log is", () => {
  using directory = new TempDir();
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} ä`);
  const log = new LogFile(directory.write("log", lines.join("\n") + "\n"));
  assertEquals(log.last(0), []);
  assertEquals(log.last(2), lines.slice(-2));
  assertEquals(log.last(30_000), lines.slice(-30_000));
  assertEquals(log.last(999_999), lines);
  assertEquals(new LogFile(directory.write("empty")).last(3), []);
  assertEquals(new LogFile(directory.write("part", "a\nb")).last(3), [
    "a",
    "b",
  ]);
});

Deno.test("added() returns whole lines as they come, also of a log that was cut or replaced", () => {
  using directory = new TempDir();
  const path = directory.write("log", "old\n");
  const log = new LogFile(path);
  assertEquals(log.last(1), ["old"]);
  assertEquals(log.added(), []);
  append(path, "one\ntw");
  assertEquals(log.added(), ["one"]);
  append(path, "o\n");
  assertEquals(log.added(), ["two"]);
  Deno.writeTextFileSync(path, "cut\n");
  assertEquals(log.added(), ["cut"]);
  Deno.renameSync(path, directory.join("log.1"));
  assertEquals(log.added(), []);
  directory.write("log", "a new one\n");
  assertEquals(log.added(), ["a new one"]);
});

Deno.test("control characters are spelled out", () => {
  using directory = new TempDir();
  const path = directory.write("log", "\u001b[2J\u009b1m\u001b]0;x\u0007\n");
  const [line = ""] = new LogFile(path).last(1);
  // deno-lint-ignore no-control-regex -- that is the point
  assertEquals(/[\u0000-\u001f\u007f-\u009f]/.test(line), false, line);
});

Deno.test("what isn't a log any more is neither read nor waited for", () => {
  using directory = new TempDir();
  const path = directory.write("log", "old\n");
  const log = new LogFile(path);
  log.last(1);
  Deno.removeSync(path);
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assertEquals(log.added(), []);
  assertThrows(() => log.last(1), TypeError, "not a regular file");
});
