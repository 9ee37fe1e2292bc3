import { dirname, fromFileUrl, join } from "@std/path";
import { commitOf } from "../../lib/cli/version.ts";
import { run } from "./run.ts";
import { toScript } from "./script.ts";

const HERE = dirname(fromFileUrl(import.meta.url));
const ROOT = dirname(dirname(HERE));
/** The directory for executables and what they are made of. */
export const DIST = join(ROOT, "dist");

/**
 * Writes the program as a few scripts and their launcher in dist/program. The first script
 * contains the commit. The same source makes the same files. Returns the directory.
 *
 * @throws {Error} with the bundler's message.
 */
export async function bundle(): Promise<string> {
  const directory = join(DIST, "program");
  const modules = join(DIST, "modules");
  // Files are named by their contents, so old ones would stay.
  for (const old of [directory, modules]) {
    await Deno.remove(old, { recursive: true }).catch(() => {});
  }
  await bundleModules(join(ROOT, "main.ts"), modules, "--code-splitting");
  await bundleModules(join(HERE, "launcher.ts"), directory);
  const commit = JSON.stringify(commitOf(ROOT) ?? "");
  for (const { name } of Deno.readDirSync(modules)) {
    const script = toScript(name, Deno.readTextFileSync(join(modules, name)));
    const first = name === "main.js"
      ? `globalThis.ZDD_COMMIT = ${commit};`
      : "";
    Deno.writeTextFileSync(join(directory, `${name}.script`), first + script);
  }
  return directory;
}

/** Bundles a program as one or more modules in a directory. */
async function bundleModules(
  entry: string,
  directory: string,
  ...options: string[]
): Promise<void> {
  const bundled = await run([
    ...[Deno.execPath(), "bundle", "--quiet", "--frozen", ...options],
    ...["--import-map", writeImportMap(), "--outdir", directory, entry],
  ]);
  if (!bundled.success) throw new Error(`Cannot bundle:\n${bundled.text}`);
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
