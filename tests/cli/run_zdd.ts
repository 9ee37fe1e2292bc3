import { TempDir } from "../system/temp_dir.ts";
import { ZDD } from "../support/site.ts";

/** Runs zddeploy in a directory that has these files; those that begin with #! can be run. */
export async function zdd(args: string[], files: Record<string, string> = {}) {
  using directory = new TempDir();
  for (const [name, text] of Object.entries(files)) {
    directory.write(name, text, text.startsWith("#!") ? 0o755 : undefined);
  }
  const [program = "", ...first] = ZDD;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...first, ...args],
    cwd: directory.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
