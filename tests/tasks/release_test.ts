import { assert, assertEquals, assertMatch } from "@std/assert";
import { ARCHITECTURES } from "../../tasks/executable/compiler.ts";
import { canMakePackages, packageName } from "../../tasks/debian.ts";
import { Checkout } from "./checkout.ts";

const MAKES_PACKAGES = await canMakePackages();

/** Makes a release of a checkout. */
async function release(checkout: Checkout, ...args: string[]) {
  await checkout.commit();
  const { code, text } = await checkout.script(["tasks/release.ts", ...args]);
  const made = ARCHITECTURES.filter((architecture) =>
    exists(checkout.path(`dist/zddeploy-linux-${architecture}`))
  );
  return { code, text, made: filesFor(made) };
}

/** What a release has for these processors, in the order of SHA256SUMS. */
function filesFor(made: readonly (typeof ARCHITECTURES[number])[]): string[] {
  return [
    ...made.map((architecture) => `zddeploy-linux-${architecture}`),
    ...MAKES_PACKAGES ? made.map(packageName) : [],
    "install.sh",
  ];
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whether this machine has or can get a denort of its own kind. */
const hasRuntime = await (async () => {
  using checkout = new Checkout();
  const { code, text } = await checkout.script(["tasks/compile.ts"]);
  if (code === 0 || text.startsWith("no denort to be had")) return code === 0;
  throw new Error(text);
})();

function test(name: string, body: () => Promise<void>): void {
  const reason = hasRuntime ? "" : " (skipped: no denort to be had)";
  Deno.test({ name: name + reason, ignore: !hasRuntime, fn: body });
}

test("two releases of a commit, made in two directories with two umasks, are the same files", async () => {
  using one = new Checkout("000");
  using other = new Checkout("077");
  const { made, text } = await release(one);
  assert(made.length > 1, text);
  assertEquals((await release(other)).made, made);
  for (const name of [...made, "SHA256SUMS"]) {
    const { code } = await one.run([
      ...["cmp", one.path(`dist/${name}`), other.path(`dist/${name}`)],
    ]);
    assertEquals(code, 0, name);
  }
});

test("SHA256SUMS has a good line for each file that was made", async () => {
  using checkout = new Checkout();
  const { made } = await release(checkout);
  const checked = await checkout.run([
    ...["sh", "-c", "cd dist && sha256sum --check --strict SHA256SUMS"],
  ]);
  assertEquals(checked.code, 0, checked.text);
  assertEquals(checked.text, made.map((name) => `${name}: OK\n`).join(""));
});

test("--own makes what is for this kind of processor only", async () => {
  using checkout = new Checkout();
  const { code, made, text } = await release(checkout, "--own");
  assertEquals(code, 0, text);
  assertEquals(made, filesFor([Deno.build.arch]));
  const sums = Deno.readTextFileSync(checkout.path("dist/SHA256SUMS"));
  const named = sums.trim().split("\n").map((line) => line.split("  ")[1]);
  assertEquals(named, made);
});

test("an executable tells its commit", async () => {
  using checkout = new Checkout();
  const { text } = await release(checkout);
  const head = await checkout.run(["git", "rev-parse", "--short=12", "HEAD"]);
  const { text: version } = await checkout.run([
    ...[checkout.path(`dist/zddeploy-linux-${Deno.build.arch}`), "--version"],
  ]);
  const [first = "", deno = "", v8 = ""] = version.split("\n");
  assert(first.endsWith(` (${head.text.trim()})`), version);
  assert(text.startsWith(`${first}, in dist:`), text);
  assertMatch(deno, /^deno \d+\.\d+\.\d+/);
  assertMatch(v8, /^v8 \d+\./);
});

test("an executable has V8's compiled code of all scripts, and runs without it", async () => {
  using checkout = new Checkout();
  const { code, text } = await checkout.script(["tasks/compile.ts"]);
  assertEquals(code, 0, text);
  assertMatch(text, /^\S+: \d+ MB$/m); // and nothing of what is missing
  const program = checkout.path("dist/program");
  const named = (end: string) =>
    [...Deno.readDirSync(program)].map(({ name }) => name)
      .filter((name) => name.endsWith(end))
      .map((name) => name.slice(0, -end.length)).sort();
  assert(named(".script").length > 10);
  assertEquals(named(".code"), named(".script"));
  const launcher = `${program}/launcher.js`;
  const help = [Deno.execPath(), "run", "--allow-all", launcher, "help"];
  // V8 doesn't take the code of another version, or with other flags.
  for (const has of [true, false]) {
    if (!has) {
      for (const name of named(".code")) {
        Deno.removeSync(`${program}/${name}.code`);
      }
    }
    const { code, text } = await checkout.run(help);
    assertEquals(code, 0, text);
    assertMatch(text, /^ +help deploy\.conf /m);
  }
});

test("an executable without a commit looks for none where it runs", async () => {
  using checkout = new Checkout();
  const { code, text } = await checkout.script(["tasks/compile.ts"]);
  assertEquals(code, 0, text);
  await checkout.commit();
  const version = await checkout.run([
    checkout.path("dist/zddeploy"),
    "--version",
  ]);
  assertMatch(version.text, /^zddeploy \d+\.\d+\.\d+\ndeno /);
});

test("a denort for another kind of processor is refused", async () => {
  using checkout = new Checkout();
  const own = Deno.env.get("DENORT_BIN") ?? Deno.execPath();
  const other = Deno.build.arch === "x86_64" ? "AARCH64" : "X86_64";
  const { code, text } = await checkout.script(["tasks/release.ts"], {
    [`DENORT_BIN_${other}`]: own,
  });
  assertEquals(code, 1, text);
  assertMatch(text, /The executable isn't for \w+\. Is denort\?/);
});

/** No denort is at hand, and the compiler is the script "deno". */
function withoutRuntime(checkout: Checkout) {
  return {
    DENORT_BIN: undefined,
    DENORT_BIN_AARCH64: undefined,
    DENORT_BIN_X86_64: undefined,
    // Not the file itself: a child that another test forks may have it open for writing.
    ZDD_COMPILER: `sh ${checkout.path("deno")}`,
  };
}

/** A compiler that can't download a denort for the targets of this pattern. */
function compilerWithout(targets: string): string {
  const real = Deno.env.get("ZDD_COMPILER") ?? Deno.execPath();
  return `#!/bin/sh
case $* in
*"--target "${targets}-unknown-*)
  echo "error: sending request for url (https://host/denort-x.zip)" >&2
  exit 1 ;;
esac
exec ${real} "$@"
`;
}

Deno.test("a release without any runtime fails, and tells what was asked for", async () => {
  using checkout = new Checkout();
  const compiler = compilerWithout("*");
  Deno.writeTextFileSync(checkout.path("deno"), compiler, { mode: 0o755 });
  for (const options of [[], ["--allow-missing"]]) {
    const { code, text } = await checkout.script(
      ["tasks/release.ts", ...options],
      withoutRuntime(checkout),
    );
    assertEquals(code, 1, text);
    assertEquals(
      text.match(/not made: no denort to be had: sending request/g)?.length,
      ARCHITECTURES.length,
    );
    assert(!exists(checkout.path("dist/SHA256SUMS")));
  }
});

test("a release that lacks one executable is enough only if that is allowed", async () => {
  using checkout = new Checkout();
  const other = Deno.build.arch === "x86_64" ? "aarch64" : "x86_64";
  const compiler = compilerWithout(other);
  Deno.writeTextFileSync(checkout.path("deno"), compiler, { mode: 0o755 });
  const env = {
    ...withoutRuntime(checkout),
    DENORT_BIN: Deno.env.get("DENORT_BIN"),
  };
  for (const allowed of [false, true]) {
    const options = allowed ? ["--allow-missing"] : [];
    const { code, text } = await checkout.script(
      ["tasks/release.ts", ...options],
      env,
    );
    assertEquals(code, allowed ? 0 : 1, text);
    const sums = Deno.readTextFileSync(checkout.path("dist/SHA256SUMS"));
    assertEquals(
      sums.replace(/^[0-9a-f]{64} {2}/gm, "").trim().split("\n"),
      filesFor([Deno.build.arch]),
    );
  }
});
