import { run } from "./run.ts";

/** The processors that zddeploy is built for, by Deno's names. */
export const ARCHITECTURES = ["x86_64", "aarch64"] as const;
export type Architecture = typeof ARCHITECTURES[number];

/** There is no denort to compile with, which isn't the program's fault. */
export class NoRuntime extends Error {
  override name = "NoRuntime";
}

/** V8's flags in the executable. The compiled code depends on them. */
export const FLAGS = [
  // A deploy ends before the work of an optimizing thread pays off, and before its garbage
  // is worth collecting: V8 begins with a young generation of 1 MB, and enlarges it by
  // collecting.
  ...["--single-threaded", "--min-semi-space-size=16"], // MB
];

/** Compiles one entry point for a kind of processor. */
export async function compileEntry(
  architecture: Architecture,
  entry: string,
  executable: string,
  { include, flags = FLAGS }: { include?: string; flags?: string[] } = {},
): Promise<void> {
  const denort = denortFor(architecture);
  const compiler = Deno.env.get("ZDD_COMPILER")?.split(" ") ??
    [Deno.execPath()];
  const compiled = await run([
    ...[...compiler, "compile", "--quiet", "--allow-all"],
    ...["--target", `${architecture}-unknown-linux-gnu`],
    "--no-check", // `deno check` does that, with the Deno that the code is written for
    "--no-config", // not needed any more
    "--no-code-cache",
    `--v8-flags=${flags.join()}`,
    ...include === undefined ? [] : ["--include", include],
    ...["--output", executable, entry],
  ], denort);
  if (compiled.success) return;
  const missing = /^.*\bdenort-.*$/m.exec(compiled.text)?.[0];
  throw denort === undefined && missing !== undefined
    ? new NoRuntime(`no denort to be had: ${missing.replace(/^.*?: /, "")}`)
    : new Error(`Cannot compile:\n${compiled.text}`);
}

/** The denort that the environment names for a kind of processor. */
function denortFor(architecture: Architecture): string | undefined {
  return Deno.env.get(`DENORT_BIN_${architecture.toUpperCase()}`) ??
    (architecture === Deno.build.arch ? Deno.env.get("DENORT_BIN") : undefined);
}
