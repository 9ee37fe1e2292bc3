import { assertEquals, assertMatch } from "@std/assert";
import { printedBuild, rememberBuild } from "../../lib/nginx/printed_build.ts";
import { modeOf } from "../../lib/system/files.ts";
import { TempDir } from "../system/temp_dir.ts";

const NGINX = "/usr/sbin/nginx";
const PRINTED = /^nginx version: nginx\/1\.[\s\S]*configure arguments: /;

/** Makes a file say that nginx printed this. */
function alter(memory: string, printed: string): void {
  const remembered = JSON.parse(Deno.readTextFileSync(memory));
  Deno.writeTextFileSync(memory, JSON.stringify({ ...remembered, printed }));
}

/** What nginx says of itself, which is remembered. */
function ask(command: string, memory: string): string {
  const build = printedBuild(command, memory);
  rememberBuild(build, memory);
  return build.printed;
}

Deno.test("printedBuild() runs a program once, until it is another file", () => {
  using directory = new TempDir();
  const nginx = directory.join("nginx");
  const memory = directory.join("nginx-build.json");
  Deno.copyFileSync(NGINX, nginx);
  assertMatch(ask(nginx, memory), PRINTED);
  assertEquals(modeOf(memory), 0o600);
  alter(memory, "remembered");
  assertEquals(ask(nginx, memory), "remembered");
  assertMatch(ask(NGINX, memory), PRINTED);
  assertMatch(ask(nginx, memory), PRINTED);
  alter(memory, "remembered");
  Deno.utimeSync(nginx, 1e9, 1e9);
  assertMatch(ask(nginx, memory), PRINTED);
});

Deno.test("printedBuild() itself writes nothing", () => {
  using directory = new TempDir();
  const memory = directory.join("nginx-build.json");
  assertMatch(printedBuild(NGINX, memory).printed, PRINTED);
  assertEquals(directory.names(), []);
});

Deno.test("rememberBuild() doesn't remember what a script runs", () => {
  using directory = new TempDir();
  const script = directory.write("nginx", "#!/bin/sh\necho $0 >&2\n", 0o755);
  const memory = directory.join("nginx-build.json");
  assertEquals(ask(script, memory), `${script}\n`);
  assertEquals(directory.names(), ["nginx"]);
});

Deno.test("printedBuild() asks nginx if the file can't be read or written", () => {
  using directory = new TempDir();
  const memory = directory.write("nginx-build.json", "{");
  assertMatch(ask(NGINX, memory), PRINTED);
  Deno.removeSync(memory);
  Deno.mkdirSync(memory);
  assertMatch(ask(NGINX, memory), PRINTED);
  assertMatch(ask(NGINX, directory.join("none/build.json")), PRINTED);
  assertEquals(directory.names(), ["nginx-build.json"]);
});
