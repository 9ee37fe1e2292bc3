import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ZddError } from "../../lib/error.ts";
import {
  hintOfOwner,
  isDirectory,
  isFile,
  readIfExists,
  removeIfExists,
  removeLeftovers,
  writeAtomically,
} from "../../lib/system/files.ts";
import { TempDir } from "./temp_dir.ts";

function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o7777).toString(8);
}

Deno.test("writeAtomically() writes a new file and replaces an old one", () => {
  using directory = new TempDir();
  const path = directory.join("f");
  writeAtomically(path, "old and long\n");
  assertEquals(directory.read("f"), "old and long\n");
  writeAtomically(path, "new ä\n");
  assertEquals(directory.read("f"), "new ä\n");
  writeAtomically(path, "");
  assertEquals(directory.read("f"), "");
  assertEquals(directory.names(), ["f"]);
});

Deno.test("writeAtomically() writes a large file whole", () => {
  using directory = new TempDir();
  const text = "0123456789abcdef".repeat(256 * 1024);
  writeAtomically(directory.join("f"), text);
  assertEquals(directory.read("f") === text, true);
});

Deno.test("writeAtomically() never shows a reader less than a whole file", () => {
  using directory = new TempDir();
  const path = directory.write("f", "old");
  using before = Deno.openSync(path);
  writeAtomically(path, "new");
  const bytes = new Uint8Array(10);
  const length = before.readSync(bytes) ?? 0;
  // Who had it open still reads the old text: the new one is another file.
  assertEquals(new TextDecoder().decode(bytes.subarray(0, length)), "old");
});

Deno.test("writeAtomically() gives a new file its mode", () => {
  using directory = new TempDir();
  writeAtomically(directory.join("a"), "");
  writeAtomically(directory.join("b"), "", { mode: 0o600 });
  assertEquals(modeOf(directory.join("a")), "644");
  assertEquals(modeOf(directory.join("b")), "600");
});

Deno.test("writeAtomically() keeps the mode of an existing file", () => {
  using directory = new TempDir();
  const path = directory.write("f", "old", 0o640);
  writeAtomically(path, "new", { mode: 0o600 });
  assertEquals(modeOf(path), "640");
});

Deno.test("writeAtomically() keeps a mode that the umask would cut", () => {
  using directory = new TempDir();
  const path = directory.write("f", "old", 0o664);
  const umask = Deno.umask(0o022);
  try {
    writeAtomically(path, "new");
  } finally {
    Deno.umask(umask);
  }
  assertEquals(modeOf(path), "664");
});

Deno.test("writeAtomically() replaces a link, and leaves alone what it leads to", () => {
  using directory = new TempDir();
  const target = directory.write("target", "precious");
  Deno.symlinkSync(target, directory.join("link"));
  writeAtomically(directory.join("link"), "new");
  assertEquals(directory.read("target"), "precious");
  assertEquals(directory.read("link"), "new");
  assert(Deno.lstatSync(directory.join("link")).isFile);
});

Deno.test("writeAtomically() never writes through a link at the temporary name", () => {
  using directory = new TempDir();
  const target = directory.write("target", "precious");
  const original = crypto.randomUUID;
  // The one way to know the name beforehand.
  crypto.randomUUID = () => "00000000-0000-4000-8000-000000000000";
  try {
    Deno.symlinkSync(target, directory.join(".f.00000000"));
    assertThrows(() => writeAtomically(directory.join("f"), "x"), ZddError);
  } finally {
    crypto.randomUUID = original;
  }
  assertEquals(directory.read("target"), "precious");
  assert(!directory.names().includes("f"));
});

Deno.test("writeAtomically() says which file it can't write, and leaves nothing behind", () => {
  using directory = new TempDir();
  const path = directory.join("d");
  Deno.mkdirSync(path);
  const error = assertThrows(() => writeAtomically(path, "x"), ZddError);
  assertStringIncludes(error.message, `Cannot write "${path}": `);
  assertEquals(directory.names(), ["d"]);
});

Deno.test("writeAtomically() says which file it can't write, whatever the reason", () => {
  using directory = new TempDir();
  const file = directory.write("file");
  const paths = [
    directory.join("missing", "f"),
    `${file}/f`,
    directory.join("n".repeat(250)),
    directory.join("n".repeat(300)),
  ];
  for (const path of paths) {
    const error = assertThrows(() => writeAtomically(path, "x"), ZddError);
    assertStringIncludes(error.message, `Cannot write "${path}": `);
  }
  assertEquals(directory.names(), ["file"]);
});

Deno.test("writeAtomically() keeps the old text when the disk is full", () => {
  // /dev/full can't be renamed onto; a file system of a few pages can be full.
  using directory = new TempDir();
  const mounted = new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=16k", "tmpfs", directory.path],
    stderr: "null",
  }).outputSync().success;
  if (!mounted) return; // not root, or in a container
  try {
    const path = directory.write("f", "old");
    const text = "x".repeat(100_000);
    const error = assertThrows(() => writeAtomically(path, text), ZddError);
    assertStringIncludes(error.message, `Cannot write "${path}": `);
    assertEquals(directory.read("f"), "old");
    assertEquals(directory.names(), ["f"]);
  } finally {
    new Deno.Command("umount", { args: [directory.path] }).outputSync();
  }
});

Deno.test("readIfExists() reads a file, and returns undefined only if there is none", () => {
  using directory = new TempDir();
  assertEquals(readIfExists(directory.write("f", "text\n")), "text\n");
  assertEquals(readIfExists(directory.write("empty")), "");
  assertEquals(readIfExists(directory.join("none")), undefined);
  assertThrows(() => readIfExists(directory.path));
});

Deno.test("removeIfExists() removes a file, and a link but not what it leads to", () => {
  using directory = new TempDir();
  Deno.symlinkSync(directory.write("target"), directory.join("link"));
  removeIfExists(directory.join("link"));
  removeIfExists(directory.join("link"));
  assertEquals(directory.names(), ["target"]);
  removeIfExists(directory.join("target"));
  assertEquals(directory.names(), []);
});

Deno.test("removeIfExists() throws if it can't", () => {
  using directory = new TempDir();
  directory.write("d/f");
  assertThrows(() => removeIfExists(directory.join("d")));
});

Deno.test("isFile() and isDirectory() follow links", () => {
  using directory = new TempDir();
  const file = directory.write("f");
  Deno.symlinkSync(file, directory.join("to-file"));
  Deno.symlinkSync(directory.path, directory.join("to-directory"));
  Deno.symlinkSync("nowhere", directory.join("broken"));
  const is = (path: string) => [isFile(path), isDirectory(path)];
  assertEquals(is(file), [true, false]);
  assertEquals(is(directory.join("to-file")), [true, false]);
  assertEquals(is(directory.path), [false, true]);
  assertEquals(is(directory.join("to-directory")), [false, true]);
  assertEquals(is(directory.join("broken")), [false, false]);
  assertEquals(is("/dev/null"), [false, false]);
});

Deno.test("removeLeftovers() removes old temporaries of one file, and nothing else", () => {
  using directory = new TempDir();
  const old = [".f.01234567", ".f.old", ".f.0123456789", ".g.01234567", "f"];
  for (const name of old) {
    Deno.utimeSync(directory.write(name), 1, Date.now() / 1000 - 120);
  }
  directory.write(".f.89abcdef"); // somebody may be writing it
  removeLeftovers(directory.join("f"));
  assertEquals(
    directory.names().toSorted(),
    [...old.slice(1), ".f.89abcdef"].toSorted(),
  );
});

Deno.test({
  name: "hintOfOwner() names whose file it is that may not be used",
  ignore: Deno.uid() !== 0, // only root can give a file away
  fn: () => {
    using directory = new TempDir();
    const denied = new Deno.errors.PermissionDenied();
    const file = directory.write("f");
    assertEquals(hintOfOwner(file, denied), undefined);
    Deno.chownSync(file, 4711, 4711);
    assertEquals(
      hintOfOwner(file, denied),
      "run zddeploy as 4711, who owns the file",
    );
    assertEquals(hintOfOwner(file, new TypeError()), undefined);
    assertEquals(hintOfOwner(directory.join("none"), denied), undefined);
  },
});
