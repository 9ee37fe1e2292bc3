/**
 * Makes the executable: `deno task compile` writes dist/zddeploy.
 *
 * All modules are bundled into one first: loading a hundred would take as long again as
 * starting the runtime.
 *
 * `deno compile` puts the program behind a runtime of Deno's, denort, which it
 * downloads, and which must be of the same version as the Deno that compiles.
 * Where it can't be downloaded, two environment variables help:
 *
 * - `DENORT_BIN` names a denort (`deno compile` itself reads that);
 * - `ZDD_COMPILER` is the command of the Deno that compiles, of that denort's
 *   version, such as `npx -y deno@2.7.11`; else it is the Deno that runs this.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { printMessage, printResult } from "../lib/cli/output.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** There is no denort to compile with: no fault of the program. */
export class NoRuntime extends Error {
  override name = "NoRuntime";
}

/**
 * Makes the executable and runs it once. Returns its path.
 *
 * @throws {NoRuntime} if denort can't be downloaded.
 * @throws {Error} with what the compiler or the executable said, if it fails otherwise.
 */
export async function compile(): Promise<string> {
  const executable = join(ROOT, "dist", "zddeploy");
  const compiler = Deno.env.get("ZDD_COMPILER")?.split(" ") ??
    [Deno.execPath()];
  const bundle = join(ROOT, "dist", "zddeploy.js");
  const bundled = await run([
    ...[Deno.execPath(), "bundle", "--quiet", "--frozen"],
    ...["--output", bundle, join(ROOT, "main.ts")],
  ]);
  if (!bundled.success) throw new Error(`Cannot bundle:\n${bundled.text}`);
  const compiled = await run([
    ...[...compiler, "compile", "--quiet", "--allow-all"],
    "--no-check", // `deno check` does that, with the Deno it is written for
    // The cache has a predictable name in the temporary directory, and zdd runs as root.
    "--no-code-cache",
    ...["--output", executable, bundle],
  ]);
  if (!compiled.success) {
    const downloads = Deno.env.get("DENORT_BIN") === undefined;
    const missing = /^.*\bdenort-.*$/m.exec(compiled.text)?.[0];
    throw downloads && missing !== undefined
      ? new NoRuntime(`no denort to be had: ${missing.replace(/^.*?: /, "")}`)
      : new Error(`Cannot compile:\n${compiled.text}`);
  }
  const started = await run([executable, "--version"]);
  if (started.success && /^zddeploy \d/.test(started.text)) return executable;
  Deno.removeSync(executable);
  throw new Error(
    "The executable doesn't run. Is denort of the version of the Deno that " +
      `compiles? It said:\n${started.text}`,
  );
}

async function run(
  [program = "", ...args]: string[],
): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  return { success, text: text.replace(/\n+Stack backtrace:.*/s, "") };
}

if (import.meta.main) {
  try {
    const executable = await compile();
    const { size } = Deno.statSync(executable);
    printResult(`${executable}: ${Math.round(size / 1e6)} MB`);
  } catch (error) {
    printMessage(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
