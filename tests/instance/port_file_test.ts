import { assert, assertEquals, assertThrows } from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import {
  currentPidFile,
  portFileOf,
  readPid,
  readPort,
} from "../../lib/instance/port_file.ts";
import { TempDir } from "../system/temp_dir.ts";

Deno.test("portFileOf() is beside the pid file, whatever that is called", () => {
  assertEquals(portFileOf("/run/web.pid", 4711), "/run/4711.port");
  assertEquals(portFileOf("/run/web/pid", 4711), "/run/web/4711.port");
});

Deno.test("currentPidFile() is the one of the Python zdd", () => {
  assertEquals(currentPidFile("/run/web.pid"), "/run/web.current.pid");
  assertEquals(currentPidFile("/run/my.web.pid"), "/run/my.web.current.pid");
  assertEquals(currentPidFile("/run.d/web"), "/run.d/web.current");
});

Deno.test("readPid() reads a number with or without a newline", () => {
  using directory = new TempDir();
  for (const text of ["4711", "4711\n", " 4711 \r\n", "4194304", "2"]) {
    const file = directory.write("web.pid", text);
    assertEquals(readPid(file), Number(text));
  }
});

Deno.test("readPid() and readPort() return undefined while there is nothing yet", () => {
  using directory = new TempDir();
  for (const read of [readPid, readPort]) {
    assertEquals(read(directory.join("none")), undefined);
    assertEquals(read(directory.write("empty")), undefined);
    assertEquals(read(directory.write("blank", " \n")), undefined);
  }
});

Deno.test("readPid() refuses what can't be a service's pid", () => {
  using directory = new TempDir();
  const wrong = [
    "0",
    "1",
    "-1",
    "-4711",
    "+4711",
    "4194305",
    "99999999999999999999",
    "4711 4712",
    "4711\n4712",
    "0x10",
    "1e3",
    "abc",
    "4711\0",
  ];
  for (const text of wrong) {
    const file = directory.write("web.pid", text);
    const error = assertThrows(() => readPid(file), ZddError);
    assertEquals(
      error.message,
      `Cannot read the pid file "${file}": expected a pid, got ` +
        JSON.stringify(text),
    );
  }
});

Deno.test("readPort() reads every form of an address", () => {
  using directory = new TempDir();
  const read = (text: string) => readPort(directory.write("1.port", text));
  assertEquals(read("45643\n"), { host: "127.0.0.1", port: 45643 });
  assertEquals(read("[::1]:80"), { host: "[::1]", port: 80 });
  assertEquals(read("unix:/run/s\n"), { path: "/run/s" });
});

Deno.test("readPort() says what it found instead, the first words of it", () => {
  using directory = new TempDir();
  const file = directory.write("1.port", "ready to serve\n");
  const error = assertThrows(() => readPort(file), ZddError);
  assertEquals(
    error.message,
    `Cannot read the port file "${file}": expected a port, got "ready to serve"`,
  );
  directory.write("1.port", "x".repeat(4000));
  const { message } = assertThrows(() => readPort(file), ZddError);
  assert(message.length < 300 && message.endsWith('x…"'), message);
});

Deno.test("readPid() and readPort() refuse what isn't a small file", () => {
  using directory = new TempDir();
  const link = directory.join("link");
  Deno.symlinkSync(directory.write("target", "4711"), link);
  const files = [
    directory.path,
    link,
    directory.write("large", "1".repeat(5000)),
  ];
  for (const file of files) {
    for (
      const [what, read] of [["pid", readPid], ["port", readPort]] as const
    ) {
      const { message } = assertThrows(() => read(file), ZddError);
      const begin = `Cannot read the ${what} file "${file}": `;
      assert(message.startsWith(begin), message);
    }
  }
});
