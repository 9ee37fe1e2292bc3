import { VERSION } from "../text/version.ts";
import type { GlobalOptions } from "./command.ts";
import { printJson, printResult } from "./output.ts";

/**
 * The commit that an executable was made from, empty if it was unknown. tasks/compile.ts
 * defines it in front of the program; the source doesn't have it.
 */
declare const ZDD_COMMIT: string | undefined;

/** Prints the version and the commit of zddeploy, and the versions of Deno and V8. */
export function printVersion({ json }: GlobalOptions): void {
  const { deno, v8 } = Deno.version;
  const commit = ownCommit();
  if (json) {
    printJson({ zddeploy: VERSION, commit, deno, v8 });
    return;
  }
  const detail = commit === undefined ? "" : ` (${commit})`;
  printResult(`zddeploy ${VERSION}${detail}\ndeno ${deno}\nv8 ${v8}`);
}

/**
 * The commit that is checked out in a directory, shortened to 12 digits, with `-dirty` after
 * it if files differ; undefined if the directory isn't a checkout or there is no git.
 */
export function commitOf(directory: string): string | undefined {
  try {
    const { success, stdout } = new Deno.Command("git", {
      args: [
        // A checkout above the directory belongs to another program.
        ...[`--git-dir=${directory}/.git`, `--work-tree=${directory}`],
        ...["--no-optional-locks", "describe", "--always", "--dirty"],
        ...["--abbrev=12", "--exclude=*"],
      ],
      cwd: directory,
      stdin: "null",
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // no git
  }
}

function ownCommit(): string | undefined {
  if (typeof ZDD_COMMIT === "string") return ZDD_COMMIT || undefined;
  const { dirname } = import.meta; // lib/cli; undefined if it was loaded from the web
  return dirname === undefined ? undefined : commitOf(`${dirname}/../..`);
}
