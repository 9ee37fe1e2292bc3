import { readIfExists, writeAtomically } from "../system/files.ts";

/** What a program printed for `-V`, and how to know that it is still the same file. */
export interface PrintedBuild {
  /** Undefined for a program that may print something else without being another file. */
  file?: string;
  printed: string;
  /** Whether it comes from the file that remembers it. */
  isRemembered?: boolean;
}

/**
 * What `nginx -V` prints on its standard error. Running it takes as long as several steps of
 * a deploy, so a deploy remembers the answer in a file.
 *
 * @param command the path of nginx's program
 * @param memory the file, which needn't exist
 * @throws {Error} if the program can't be run.
 */
export function printedBuild(command: string, memory: string): PrintedBuild {
  const file = fingerprintOf(command);
  if (file === undefined) return { printed: askNginx(command) };
  const remembered = recall(memory);
  return remembered?.file === file
    ? { ...remembered, isRemembered: true }
    : { file, printed: askNginx(command) };
}

/** Writes down what a program printed, unless that is known. */
export function rememberBuild(
  { file, printed, isRemembered }: PrintedBuild,
  memory: string,
): void {
  if (file === undefined || isRemembered) return;
  try {
    const text = JSON.stringify({ file, printed }) + "\n";
    writeAtomically(memory, text, { mode: 0o600 });
  } catch {
    // If the disk is full, a later write fails the deploy.
  }
}

/**
 * Runs `nginx -V`. Returns what it prints on its standard error.
 *
 * @throws {Error} if the program can't be run.
 */
export function askNginx(command: string): string {
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

function recall(memory: string): PrintedBuild | undefined {
  try {
    const { file, printed } = JSON.parse(readIfExists(memory) ?? "{}");
    return typeof file === "string" && typeof printed === "string"
      ? { file, printed }
      : undefined;
  } catch {
    return undefined; // asking is enough
  }
}
