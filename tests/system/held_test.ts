import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  hold,
  holdDirectory,
  inDirectory,
  makeDirectory,
} from "../../lib/system/held.ts";
import { TempDir } from "./temp_dir.ts";

const asRoot = { ignore: Deno.uid() !== 0 };

function modeOf(path: string): number {
  return (Deno.lstatSync(path).mode ?? 0) & 0o7777;
}

Deno.test("hold() holds what was there, whatever the name becomes", () => {
  using directory = new TempDir();
  const path = directory.write("f", "held");
  using held = hold(path);
  Deno.renameSync(path, directory.join("moved"));
  directory.write("f", "another");
  assertEquals(Deno.readTextFileSync(held.path), "held");
  assertEquals(held.place, Deno.realPathSync(directory.path) + "/f");
});

Deno.test("hold() opens nothing: a FIFO doesn't block, a link stays a link", () => {
  using directory = new TempDir();
  const fifo = directory.join("fifo");
  new Deno.Command("mkfifo", { args: [fifo] }).outputSync();
  Deno.symlinkSync(fifo, directory.join("link"));
  {
    using held = hold(fifo);
    assert(held.stat().isFifo);
  }
  {
    using held = hold(directory.join("link"));
    assert(held.stat().isSymlink);
  }
  using followed = hold(directory.join("link"), { follow: true });
  assert(followed.stat().isFifo);
});

Deno.test("hold() follows own links, relative and absolute ones and dots, but not in a circle", () => {
  using directory = new TempDir();
  directory.write("a/b/f", "text");
  Deno.symlinkSync("a/b", directory.join("relative"));
  Deno.symlinkSync(directory.join("relative"), directory.join("absolute"));
  Deno.symlinkSync("../../a/./b", directory.join("a/b/dots"));
  for (const way of ["relative", "absolute", "a/b/dots"]) {
    using held = hold(directory.join(way, "f"));
    assertEquals(Deno.readTextFileSync(held.path), "text");
  }
  Deno.symlinkSync("circle", directory.join("circle"));
  assertThrows(() => holdDirectory(directory.join("circle")), Error, "links");
});

Deno.test("hold() tells what is missing, and what is no directory", () => {
  using directory = new TempDir();
  directory.write("f");
  assertThrows(
    () => hold(directory.join("none/f")),
    Deno.errors.NotFound,
    "/none\" doesn't exist",
  );
  assertThrows(
    () => hold(directory.join("f/x")),
    Deno.errors.NotADirectory,
    "/f\" isn't a directory",
  );
});

Deno.test({
  name:
    "hold() refuses a link of another user's, and own ones where others can move them",
  ...asRoot,
  fn: () => {
    using directory = new TempDir();
    const refused = (path: string) =>
      assertThrows(() => hold(path), Deno.errors.PermissionDenied, "is a link");
    for (const parent of ["good", "theirs", "for-all", "sticky"]) {
      directory.write(`${parent}/real/f`);
      Deno.symlinkSync("real", directory.join(parent, "link"));
    }
    Deno.chownSync(directory.join("theirs"), 65534, 65534);
    Deno.chmodSync(directory.join("for-all"), 0o777);
    Deno.chmodSync(directory.join("sticky"), 0o1777);
    hold(directory.join("good/link/f"))[Symbol.dispose]();
    refused(directory.join("theirs/link/f"));
    refused(directory.join("for-all/link/f"));
    refused(directory.join("sticky/link/f"));
    // What lies deeper can be exchanged as a whole.
    directory.write("theirs/deep/real/f");
    Deno.symlinkSync("real", directory.join("theirs/deep/link"));
    refused(directory.join("theirs/deep/link/f"));
    const link = directory.join("good/link");
    new Deno.Command("chown", { args: ["-h", "65534", link] }).outputSync();
    refused(directory.join("good/link/f"));
  },
});

Deno.test("makeDirectory() makes all that is missing with its mode, whatever the umask", () => {
  using directory = new TempDir();
  const umask = Deno.umask(0o077);
  try {
    makeDirectory(directory.join("a/b"))[Symbol.dispose]();
    makeDirectory(directory.join("a/c"), 0o700)[Symbol.dispose]();
  } finally {
    Deno.umask(umask);
  }
  const modes = ["a", "a/b", "a/c"].map((name) => modeOf(directory.join(name)));
  assertEquals(modes, [0o755, 0o755, 0o700]);
});

Deno.test("inDirectory() leads to the directory that was there, and its errors name no descriptor", () => {
  using directory = new TempDir();
  directory.write("d/f", "old");
  inDirectory(directory.join("d/f"), (entry) => {
    Deno.renameSync(directory.join("d"), directory.join("moved"));
    directory.write("d/f", "another");
    Deno.writeTextFileSync(entry, "new");
  });
  assertEquals(directory.read("moved/f"), "new");
  assertEquals(directory.read("d/f"), "another");
  const { message } = assertThrows(
    () => inDirectory(directory.join("none"), Deno.readTextFileSync),
    Error,
  );
  assertEquals(message, "No such file or directory (os error 2)");
});

/** The process's descriptors of what is in a directory, or on the way to it. */
function descriptorsOf(path: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      return target.startsWith(path) ? target : [];
    } catch {
      return []; // another test of this process has closed it
    }
  });
}

Deno.test("no descriptor is left when it goes wrong", () => {
  using directory = new TempDir();
  directory.write("f");
  Deno.symlinkSync("circle", directory.join("circle"));
  const path = Deno.realPathSync(directory.join("."));
  for (const name of ["none", "none/x", "f/x", "circle/x"]) {
    assertThrows(() => hold(directory.join(name)));
    assertThrows(() => holdDirectory(directory.join(name)));
  }
  assertEquals(descriptorsOf(path), []);
  const held = holdDirectory(directory.join("."));
  assertEquals(descriptorsOf(path), [path]);
  held[Symbol.dispose]();
});
