import { dirname } from "@std/path";
import { isDirectory, readIfExists, writeAtomically } from "../system/files.ts";

/** What an executable printed for `-V`, and how to know that it is still the same file. */
interface Remembered {
  file: string;
  printed: string;
}

/**
 * What `nginx -V` prints on its standard error. Running it takes as long as several steps of
 * a deploy, so the answer is remembered in a file.
 *
 * @param command the path of nginx's program
 * @param memory the file. If its directory doesn't exist, nothing is remembered.
 * @throws {Error} if the program can't be run.
 */
export function printedBuild(command: string, memory: string): string {
  const file = fingerprintOf(command);
  if (file === undefined) return ask(command);
  const remembered = recall(memory);
  if (remembered?.file === file) return remembered.printed;
  const printed = ask(command);
  remember(memory, { file, printed });
  return printed;
}

function ask(command: string): string {
  const { stderr } = new Deno.Command(command, {
    args: ["-V"], // with -v, Angie prints only its own version
    stdin: "null",
  }).outputSync();
  return new TextDecoder().decode(stderr);
}

/**
 * Tells one executable from another, also after an upgrade: the change time of an inode can't
 * be set (inode(7)). Undefined for a script, which may run any nginx, and for a file that
 * can't be read.
 */
function fingerprintOf(command: string): string | undefined {
  try {
    return fingerprintOfElf(command);
  } catch {
    return undefined;
  }
}

function fingerprintOfElf(command: string): string | undefined {
  using file = Deno.openSync(command);
  const magic = new Uint8Array(4);
  file.readSync(magic);
  const isElf = new TextDecoder().decode(magic) === "\x7fELF"; // elf(5)
  const { dev, ino, size, mtime, ctime } = file.statSync();
  const times = [mtime, ctime].map(Number); // ms since 1970
  return isElf ? [command, dev, ino, size, ...times].join(" ") : undefined;
}

function recall(memory: string): Remembered | undefined {
  try {
    const { file, printed } = JSON.parse(readIfExists(memory) ?? "{}");
    return typeof file === "string" && typeof printed === "string"
      ? { file, printed }
      : undefined;
  } catch {
    return undefined; // asking is enough
  }
}

function remember(memory: string, build: Remembered): void {
  if (!isDirectory(dirname(memory))) return;
  try {
    writeAtomically(memory, JSON.stringify(build) + "\n", { mode: 0o600 });
  } catch {
    // It belongs to another user, or the disk is full: the next command asks again.
  }
}
