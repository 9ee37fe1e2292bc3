import { assertEquals } from "@std/assert";
import { readConfig } from "../../lib/config/read_config.ts";
import { ZddError } from "../../lib/error.ts";
import { TempDir } from "../system/temp_dir.ts";
import { NGINX } from "./conf_dir.ts";

/** What is wrong with the state_dir of a deploy.conf in this directory of `directory`. */
function wrong(
  directory: TempDir,
  place: string,
  stateDir?: string,
): string | undefined {
  const lines = stateDir === undefined
    ? ""
    : `[deploy]\nstate_dir: ${stateDir}`;
  const file = directory.write(`${place}/deploy.conf`, NGINX + lines);
  directory.write(`${place}/nginx.conf.template`);
  const { diagnostics } = readConfig(file);
  try {
    diagnostics.throwIfAny();
  } catch (error) {
    if (!(error instanceof ZddError)) throw error;
    return error.message;
  }
}

/** That `stateDir` would be left behind, and `shared` wouldn't. */
function leftBehind(shared: string, stateDir: string, line = ""): string {
  return `deploy.conf${line}: Cannot use "state_dir" of [deploy]: expected ` +
    "a directory outside of the release, such as " +
    `${shared}, got "${stateDir}"`;
}

Deno.test("a state in a directory of releases would be left behind", () => {
  using directory = new TempDir();
  assertEquals(
    wrong(directory, "app/releases/1"),
    leftBehind(
      directory.join("app/shared/zdd"),
      directory.join("app/releases/1/.zdd"),
    ),
  );
  assertEquals(
    wrong(directory, "app/releases/1/conf", "../state"),
    leftBehind(
      directory.join("app/shared/zdd"),
      directory.join("app/releases/1/state"),
      ":5",
    ),
  );
});

Deno.test("a state behind a link named current would be left behind", () => {
  using directory = new TempDir();
  directory.write("app/versions/7/x");
  Deno.symlinkSync("versions/7", directory.join("app/current"));
  assertEquals(
    wrong(directory, "app/current"),
    leftBehind(
      directory.join("app/shared/zdd"),
      directory.join("app/current/.zdd"),
    ),
  );
  Deno.mkdirSync(directory.join("app/versions/7/.zdd"));
  assertEquals(
    wrong(directory, "app/current"),
    leftBehind(
      directory.join("app/shared/zdd"),
      directory.join("app/current/.zdd"),
    ),
  );
});

Deno.test("a state that is reached through a link out of the release stays", () => {
  using directory = new TempDir();
  directory.write("app/shared/zdd/x");
  directory.write("app/releases/1/x");
  Deno.symlinkSync("../../shared/zdd", directory.join("app/releases/1/.zdd"));
  assertEquals(wrong(directory, "app/releases/1"), undefined);
});

Deno.test("a state beside the releases stays", () => {
  using directory = new TempDir();
  for (const stateDir of ["../../shared", "../1b", "../.."]) {
    assertEquals(
      wrong(directory, "app/releases/1", stateDir),
      undefined,
      stateDir,
    );
  }
});

Deno.test("a directory that is only named current, or is reached through another link, is nobody's release", () => {
  using directory = new TempDir();
  assertEquals(wrong(directory, "app/current"), undefined);
  assertEquals(wrong(directory, "app/releases"), undefined);
  directory.write("app/versions/7/x");
  Deno.symlinkSync("versions/7", directory.join("app/live"));
  assertEquals(wrong(directory, "app/live"), undefined);
});

Deno.test("where only the real path tells, the shared directory is told from that", () => {
  using directory = new TempDir();
  directory.write("app/releases/7/x");
  Deno.symlinkSync("app/releases/7", directory.join("live"));
  const real = Deno.realPathSync(directory.path);
  assertEquals(
    wrong(directory, "live"),
    leftBehind(`${real}/app/shared/zdd`, directory.join("live/.zdd")),
  );
});
