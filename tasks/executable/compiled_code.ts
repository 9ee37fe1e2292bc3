import { dirname, fromFileUrl, join } from "@std/path";
import { printMessage } from "../../lib/cli/output.ts";
import { compileEntry, FLAGS } from "./compiler.ts";
import { run } from "./run.ts";

/** The program that the runtime of the executable runs for this. */
const ENTRY = join(dirname(fromFileUrl(import.meta.url)), "code_cache.ts");
/** Where the hash of V8's flags is in compiled code, in bytes (SerializedCodeData in V8). */
const HASH = { from: 12, to: 16 };

/**
 * Writes the compiled code of all functions of some scripts beside them. V8 compiles a
 * function when it is first called, except with its flag --no-lazy. But it takes compiled
 * code only if its flags are the same, so their hash is replaced by that of the executable's
 * flags. If V8 doesn't take that, there is no compiled code: then the executable works and
 * is slower.
 */
export async function writeCode(scripts: string): Promise<void> {
  removeCode(scripts);
  const directory = Deno.makeTempDirSync();
  try {
    const [usual, eager] = [join(directory, "usual"), join(directory, "eager")];
    await compileEntry(Deno.build.arch, ENTRY, usual);
    const flags = [...FLAGS, "--no-lazy"];
    await compileEntry(Deno.build.arch, ENTRY, eager, { flags });
    await runOrThrow([usual, "write", scripts]);
    const hashes = new Map(
      codeIn(scripts).map((file) =>
        [file, Deno.readFileSync(file).slice(HASH.from, HASH.to)] as const
      ),
    );
    await runOrThrow([eager, "write", scripts]);
    for (const [file, hash] of hashes) {
      const code = Deno.readFileSync(file);
      code.set(hash, HASH.from);
      Deno.writeFileSync(file, code);
    }
    await runOrThrow([usual, "check", scripts]);
  } catch (error) {
    removeCode(scripts);
    if (!(error instanceof NoCode)) throw error;
    printMessage(`The executable has no compiled code: ${error.message}`);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Removes compiled code, which may be for another kind of processor. */
export function removeCode(scripts: string): void {
  for (const file of codeIn(scripts)) Deno.removeSync(file);
}

function codeIn(scripts: string): string[] {
  return [...Deno.readDirSync(scripts)].map(({ name }) => join(scripts, name))
    .filter((file) => file.endsWith(".code"));
}

/** V8 or the runtime doesn't do what it is expected to do. */
class NoCode extends Error {}

async function runOrThrow(command: string[]): Promise<void> {
  const { success, text } = await run(command);
  if (!success) throw new NoCode(text);
}
