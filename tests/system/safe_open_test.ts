import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { openLog, readSmallFile } from "../../lib/system/safe_open.ts";
import { TempDir } from "./temp_dir.ts";

Deno.test("readSmallFile() reads a file up to its limit", () => {
  using directory = new TempDir();
  const path = directory.write("f", "12345");
  assertEquals(readSmallFile(path), "12345");
  assertEquals(readSmallFile(path, 5), "12345");
  assertThrows(() => readSmallFile(path, 4), TypeError, "5 bytes, more than 4");
  assertEquals(readSmallFile(directory.join("none")), undefined);
  const large = directory.write("large", "x".repeat(4097));
  assertThrows(() => readSmallFile(large), TypeError, "4097 bytes");
});

Deno.test("readSmallFile() reads neither a directory nor through a link", () => {
  using directory = new TempDir();
  assertThrows(() => readSmallFile(directory.path), TypeError, "not a regular");
  const link = directory.join("link");
  Deno.symlinkSync(directory.write("f", "text"), link);
  assertThrows(() => readSmallFile(link), TypeError, "not a regular");
});

Deno.test("readSmallFile() doesn't wait for a FIFO's writer", () => {
  using directory = new TempDir();
  const fifo = makeFifo(directory.join("fifo"));
  assertThrows(() => readSmallFile(fifo), TypeError, "not a regular");
});

Deno.test("openLog() makes a log, which others can't read", () => {
  using directory = new TempDir();
  const log = directory.join("log");
  const { path, close } = openLog(log);
  assertMatch(path, /^\/proc\/\d+\/fd\/\d+$/);
  close();
  assertEquals((Deno.statSync(log).mode ?? 0) & 0o777, 0o640);
});

Deno.test("openLog() returns a path to the file that it opened, whatever the name becomes", () => {
  using directory = new TempDir();
  const log = directory.write("log", "before\n");
  const { path, close } = openLog(log);
  Deno.renameSync(log, directory.join("moved"));
  Deno.symlinkSync(directory.write("victim"), log);
  Deno.writeTextFileSync(path, "line\n", { append: true });
  assertEquals(directory.read("moved"), "before\nline\n");
  assertEquals(directory.read("victim"), "");
  close();
});

Deno.test("openLog() takes a device, and an own link to a log", () => {
  using directory = new TempDir();
  const device = openLog("/dev/null");
  Deno.statSync(device.path);
  device.close();
  const link = directory.join("link");
  Deno.symlinkSync(directory.write("log"), link);
  const { path, close } = openLog(link);
  Deno.writeTextFileSync(path, "line\n", { append: true });
  close();
  assertEquals(directory.read("log"), "line\n");
});

Deno.test("openLog() refuses what is no log, and waits for nobody", () => {
  using directory = new TempDir();
  const fifo = makeFifo(directory.join("fifo"));
  using _ = Deno.listen({ transport: "unix", path: directory.join("socket") });
  for (const path of [fifo, directory.path, directory.join("socket")]) {
    assertThrows(() => openLog(path), Error, "it isn't a regular file");
  }
});

Deno.test("openLog() makes the directories of a log", () => {
  using directory = new TempDir();
  openLog(directory.join("deep/er/log")).close();
  assertEquals(directory.read("deep/er/log"), "");
});

Deno.test({
  name: "openLog() refuses somebody else's link",
  ignore: Deno.uid() !== 0, // only root can make one
  fn: () => {
    using directory = new TempDir();
    const link = directory.join("link");
    Deno.symlinkSync(directory.write("victim"), link);
    new Deno.Command("chown", { args: ["-h", "65534", link] }).outputSync();
    assertThrows(
      () => openLog(link),
      Error,
      "a link that other users can change",
    );
  },
});

function makeFifo(path: string): string {
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
  return path;
}
