import denoJson from "../../deno.json" with { type: "json" };
import type { GlobalOptions } from "./command.ts";
import { printJson, printResult } from "./output.ts";

/** zdd's own version, such as `0.1.0`. */
export const VERSION: string = denoJson.version;

/** Prints the version, and those of what it runs on to whoever asks for details. */
export function printVersion({ json, verbose }: GlobalOptions): void {
  const { deno, v8 } = Deno.version;
  if (json) printJson({ zddeploy: VERSION, deno, v8 });
  else printResult(`zddeploy ${VERSION}`);
  if (verbose && !json) printResult(`deno ${deno}\nv8 ${v8}`);
}
