/**
 * Makes the executable: `deno task compile` writes dist/zddeploy.
 *
 * All modules are bundled first: loading a hundred modules would take as long as starting
 * the runtime. Code that only some commands need is in separate files. The bundle isn't
 * minified, which would save almost nothing and lose the names and lines in stack traces.
 * The executable isn't stripped: Deno's runtime has no symbols left, and strip(1) would cut
 * off the program after it.
 *
 * Compiling the functions that a deploy calls would take V8 a third of its time. So the
 * executable contains their compiled code. Deno's own cache of such code can't be used: it
 * has a predictable name in the temporary directory, and zdd runs as root. V8 takes compiled
 * code only for scripts, so the modules are rewritten as scripts (executable/script.ts),
 * which executable/launcher.ts runs.
 *
 * `deno compile` appends the program to Deno's runtime, denort. It downloads denort, which
 * must have the same version as the Deno that compiles. If it can't be downloaded, set
 * these environment variables:
 *
 * - `DENORT_BIN` names a denort for this machine;
 * - `DENORT_BIN_AARCH64` and `DENORT_BIN_X86_64` name one for that kind of machine;
 * - `ZDD_COMPILER` is the command of the Deno that compiles, with that denort's version,
 *   such as `npx -y deno@2.7.11`; by default, it is the Deno that runs this.
 */
import { join } from "@std/path";
import { printMessage, printResult } from "../lib/cli/output.ts";
import { bundle, DIST } from "./executable/bundle.ts";
import { removeCode, writeCode } from "./executable/compiled_code.ts";
import { type Architecture, compileEntry } from "./executable/compiler.ts";
import { run } from "./executable/run.ts";

/** `e_machine` in the header of an executable (elf(5)), by processor. */
const ELF_MACHINE: Record<Architecture, number> = { x86_64: 62, aarch64: 183 };

/**
 * Makes the executable for this machine and runs it once. Returns its path.
 *
 * @throws {NoRuntime} if denort can't be downloaded.
 * @throws {Error} with what the compiler or the executable said, if it fails otherwise.
 */
export async function compile(): Promise<string> {
  const executable = join(DIST, "zddeploy");
  await compileFor(Deno.build.arch, await bundle(), executable);
  return executable;
}

/**
 * Compiles a bundle for one kind of processor. Runs the executable once if this machine
 * can.
 *
 * @throws {NoRuntime} if denort can't be downloaded.
 * @throws {Error} with what the compiler or the executable said, if it fails otherwise.
 */
export async function compileFor(
  architecture: Architecture,
  program: string,
  executable: string,
): Promise<void> {
  if (architecture === Deno.build.arch) await writeCode(program);
  else removeCode(program);
  // The executable contains the times of its files.
  for (const { name } of Deno.readDirSync(program)) {
    Deno.utimeSync(join(program, name), 0, 0);
  }
  const entry = join(program, "launcher.js");
  await compileEntry(architecture, entry, executable, { include: program });
  const wrong = await fault(architecture, executable);
  if (wrong === undefined) return;
  Deno.removeSync(executable);
  throw new Error(wrong);
}

/** What is wrong with an executable; undefined if nothing is. */
async function fault(
  architecture: Architecture,
  executable: string,
): Promise<string | undefined> {
  const header = new Uint8Array(20);
  using file = Deno.openSync(executable);
  file.readSync(header);
  const machine = new DataView(header.buffer).getUint16(18, true);
  if (machine !== ELF_MACHINE[architecture]) {
    return `The executable isn't for ${architecture}. Is denort? Its machine ` +
      `is ${machine}, expected ${ELF_MACHINE[architecture]} (elf(5))`;
  }
  if (architecture !== Deno.build.arch) return undefined;
  const started = await run([executable, "--version"]);
  if (started.success && /^zddeploy \d/.test(started.text)) return undefined;
  return "The executable doesn't run. Is denort of the version of the Deno that " +
    `compiles? It said:\n${started.text}`;
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
