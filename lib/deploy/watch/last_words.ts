import type { Instance } from "../../instance/instance.ts";
import { runnerOf } from "../../instance/run/runners.ts";
import { readTail } from "../../system/tail.ts";
import { excerpt } from "../../text/excerpt.ts";

/** How many lines of a log are searched. */
const LINES = 300;

/** The lines of an instance's log that may show what is wrong, and their source; none if it can't be read. */
export async function lastWords(
  instance: Instance,
): Promise<{ quote: string[]; source?: string }> {
  const log = runnerOf(instance).log(instance);
  try {
    if ("file" in log) {
      const lines = readTail(log.file, 0, LINES);
      return { quote: excerpt(lines), source: log.file };
    }
    const [program = "", ...args] = log.command(LINES, false);
    const { stdout } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stderr: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).split("\n");
    return { quote: excerpt(lines), source: [program, ...args].join(" ") };
  } catch {
    return { quote: [] };
  }
}
