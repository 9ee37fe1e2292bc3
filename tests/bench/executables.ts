import { dirname, fromFileUrl, join } from "@std/path";
import { compile } from "../../tasks/compile.ts";
import { messageOf } from "../../lib/error.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));
/** The directory for all output of the benchmark, ignored by git. */
export const OUTPUT = join(ROOT, "dist", "bench");

/** The executables to measure, and to compare the start with. */
export interface Executables {
  /** Why the source is measured and not the executable; undefined if the executable is. */
  noZdd?: string;
  /** The compiled program that does nothing. */
  empty?: string;
  /** Why there is none. */
  noEmpty?: string;
}

/**
 * Makes sure that `ZDD_BIN` names an executable, if one can be compiled, and compiles an
 * empty program in the same way.
 */
export async function prepareExecutables(): Promise<Executables> {
  Deno.mkdirSync(OUTPUT, { recursive: true });
  const executables: Executables = {};
  if (Deno.env.get("ZDD_BIN") === undefined) {
    try {
      Deno.env.set("ZDD_BIN", await compile());
    } catch (error) {
      const [reason] = messageOf(error).split("\n");
      return { noZdd: reason, noEmpty: reason };
    }
  }
  const empty = join(OUTPUT, "empty");
  const [compiler = "", ...first] = Deno.env.get("ZDD_COMPILER")?.split(" ") ??
    [Deno.execPath()];
  const { success, stderr } = await new Deno.Command(compiler, {
    args: [
      ...[...first, "compile", "--quiet", "--allow-all", "--no-check"],
      ...["--no-code-cache", "--no-config", "--output", empty],
      fromFileUrl(new URL("app/empty.ts", import.meta.url)),
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return { ...executables, empty };
  const [reason] = new TextDecoder().decode(stderr).trim().split("\n");
  return { ...executables, noEmpty: reason };
}
