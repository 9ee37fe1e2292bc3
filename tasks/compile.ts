/**
 * Makes the executable: `deno task compile` writes dist/zddeploy.
 *
 * All modules are bundled first: loading a hundred modules would take as long as starting
 * the runtime. Code that only some commands need is in separate files: parsing everything
 * would take a fifth of that time. The bundle isn't minified, which would save almost
 * nothing and lose the names and lines in stack traces. The executable isn't stripped:
 * Deno's runtime has no symbols left, and strip(1) would cut off the program after it.
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
import { dirname, fromFileUrl, join } from "@std/path";
import { printMessage, printResult } from "../lib/cli/output.ts";
import { commitOf } from "../lib/cli/version.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));
/** The directory for executables. */
export const DIST = join(ROOT, "dist");

/** The processors that zddeploy is built for, by Deno's names. */
export const ARCHITECTURES = ["x86_64", "aarch64"] as const;
export type Architecture = typeof ARCHITECTURES[number];

/** `e_machine` in the header of an executable (elf(5)), by processor. */
const ELF_MACHINE: Record<Architecture, number> = { x86_64: 62, aarch64: 183 };

/** There is no denort to compile with, which isn't the program's fault. */
export class NoRuntime extends Error {
  override name = "NoRuntime";
}

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
 * Writes the program as a few files in dist/program. main.js contains the commit. The same
 * source makes the same files. Returns the path of main.js.
 *
 * @throws {Error} with the bundler's message.
 */
export async function bundle(): Promise<string> {
  const directory = join(DIST, "program");
  // Files are named by their contents, so old ones would stay.
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  const bundled = await run([
    ...[Deno.execPath(), "bundle", "--quiet", "--frozen", "--code-splitting"],
    ...["--import-map", writeImportMap()],
    ...["--outdir", directory, join(ROOT, "main.ts")],
  ]);
  if (!bundled.success) throw new Error(`Cannot bundle:\n${bundled.text}`);
  const main = join(directory, "main.js");
  const commit = JSON.stringify(commitOf(ROOT) ?? "");
  const program = Deno.readTextFileSync(main);
  Deno.writeTextFileSync(
    main,
    `globalThis.ZDD_COMMIT = ${commit};\n${program}`,
  );
  // The executable contains the times of its files.
  for (const { name } of Deno.readDirSync(directory)) {
    Deno.utimeSync(join(directory, name), 0, 0);
  }
  return main;
}

/** Writes the import map of the executable. It runs on Linux, so it needs no Windows paths. */
function writeImportMap(): string {
  const text = Deno.readTextFileSync(join(ROOT, "deno.json"));
  const { imports } = JSON.parse(text) as { imports: Record<string, string> };
  const path = imports["@std/path"]?.replace("/path/", "/path/posix/");
  const file = join(DIST, "import_map.json");
  Deno.mkdirSync(DIST, { recursive: true });
  Deno.writeTextFileSync(
    file,
    JSON.stringify({ imports: { ...imports, "@std/path": path } }),
  );
  return file;
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
  const denort = denortFor(architecture);
  const compiler = Deno.env.get("ZDD_COMPILER")?.split(" ") ??
    [Deno.execPath()];
  const compiled = await run([
    ...[...compiler, "compile", "--quiet", "--allow-all"],
    ...["--target", `${architecture}-unknown-linux-gnu`],
    "--no-check", // `deno check` does that, with the Deno that the code is written for
    "--no-config", // not needed any more
    // A deploy ends before the work of an optimizing thread pays off, and before its garbage
    // is worth collecting: V8 begins with a young generation of 1 MB, and enlarges it by
    // collecting.
    "--v8-flags=--single-threaded,--min-semi-space-size=16", // MB
    // The cache has a predictable name in the temporary directory, and zdd runs as root.
    "--no-code-cache",
    ...["--output", executable, program],
  ], denort);
  if (!compiled.success) {
    const missing = /^.*\bdenort-.*$/m.exec(compiled.text)?.[0];
    throw denort === undefined && missing !== undefined
      ? new NoRuntime(`no denort to be had: ${missing.replace(/^.*?: /, "")}`)
      : new Error(`Cannot compile:\n${compiled.text}`);
  }
  const wrong = await fault(architecture, executable);
  if (wrong === undefined) return;
  Deno.removeSync(executable);
  throw new Error(wrong);
}

/** The denort that the environment names for a kind of processor. */
function denortFor(architecture: Architecture): string | undefined {
  return Deno.env.get(`DENORT_BIN_${architecture.toUpperCase()}`) ??
    (architecture === Deno.build.arch ? Deno.env.get("DENORT_BIN") : undefined);
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

/** Runs a command. Only `denort` says which runtime `deno compile` uses. */
async function run(
  [program = "", ...args]: string[],
  denort?: string,
): Promise<{ success: boolean; text: string }> {
  const { DENORT_BIN: _, ...env } = Deno.env.toObject();
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1", ...denort && { DENORT_BIN: denort } },
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
