import { assertEquals } from "@std/assert";
import { findProgram } from "../../lib/system/program.ts";
import { TempDir } from "./temp_dir.ts";

/** Looks a program up with this PATH. */
function find(name: string, directory: string, path: string) {
  const before = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", path);
  try {
    return findProgram(name, directory);
  } finally {
    Deno.env.set("PATH", before);
  }
}

Deno.test("findProgram() looks a name up in PATH, in its order", () => {
  using directory = new TempDir();
  const { path } = directory;
  directory.write("a/prog", "", 0o755);
  directory.write("b/prog", "", 0o755);
  assertEquals(find("prog", "/", `${path}/b:${path}/a`), `${path}/b/prog`);
  assertEquals(find("prog", "/", "/nowhere"), undefined);
});

Deno.test("findProgram() finds what can't be executed nowhere", () => {
  using directory = new TempDir();
  const { path } = directory;
  directory.write("a/prog", "", 0o644);
  Deno.mkdirSync(directory.join("b/prog"), { recursive: true });
  directory.write("c/prog", "", 0o755);
  const places = `${path}/a:${path}/b:${path}/c`;
  assertEquals(find("prog", "/", places), `${path}/c/prog`);
  assertEquals(find("./a/prog", path, places), undefined);
  assertEquals(find("./b/prog", path, places), undefined);
});

Deno.test("findProgram() takes a path relative to the directory, not to PATH", () => {
  using directory = new TempDir();
  const program = directory.write("bin/prog", "", 0o755);
  assertEquals(findProgram("bin/prog", directory.path), program);
  assertEquals(findProgram("./bin/prog", directory.path), program);
  assertEquals(findProgram(program, "/"), program);
  assertEquals(find("./prog", "/", directory.join("bin")), undefined);
});

Deno.test("findProgram() looks where the system's servers are, whatever PATH is", () => {
  assertEquals(find("nginx", "/", "/nowhere"), "/usr/sbin/nginx");
});

Deno.test("findProgram() never takes a relative entry of PATH", () => {
  using directory = new TempDir();
  directory.write("zdd-prog", "", 0o755);
  const before = Deno.cwd();
  Deno.chdir(directory.path);
  try {
    assertEquals(find("zdd-prog", directory.path, ".::"), undefined);
  } finally {
    Deno.chdir(before);
  }
});

Deno.test("findProgram() finds no program without a name", () => {
  assertEquals(findProgram("", "/"), undefined);
  assertEquals(findProgram("/", "/"), undefined);
});
