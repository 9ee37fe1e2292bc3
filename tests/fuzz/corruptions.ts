import type { Mutator } from "./mutator.ts";

/** What can be in the place of a file. */
export const CORRUPTIONS: Record<
  string,
  (path: string, mutator: Mutator) => void
> = {
  "a flipped bit": (path, mutator) => {
    const bytes = Deno.readFileSync(path);
    const at = mutator.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1 << mutator.below(8);
    Deno.writeFileSync(path, bytes);
  },
  "half of it": (path, mutator) =>
    Deno.truncateSync(path, mutator.below(Deno.statSync(path).size + 1)),
  "nothing in it": (path) => Deno.truncateSync(path),
  "a TiB": (path) => Deno.truncateSync(path, 2 ** 40),
  "no right to read it": (path) => Deno.chmodSync(path, 0),
  "no file": (path) => Deno.removeSync(path),
  "a FIFO": (path) => instead(path, "mkfifo", path),
  "a device": (path) => instead(path, "mknod", path, "c", "1", "5"), // zero
  "a directory": (path) => instead(path, "mkdir", path),
  "a full directory": (path) => instead(path, "mkdir", "-p", `${path}/full`),
  "a link to a device": (path) => instead(path, "ln", "-s", "/dev/zero", path),
  "a link to itself": (path) => instead(path, "ln", "-s", path, path),
  "a link to nothing": (path) => instead(path, "ln", "-s", "/no/where", path),
  "a link to another file": (path) => {
    const other = `${path}.other`;
    Deno.writeTextFileSync(other, OTHER);
    instead(path, "ln", "-s", other, path);
  },
};

/** What is in that other file, and stays there. */
export const OTHER = "not zdd's\n";

function instead(path: string, program: string, ...args: string[]): void {
  Deno.removeSync(path);
  const { success } = new Deno.Command(program, { args }).outputSync();
  if (!success) Deno.writeTextFileSync(path, ""); // mknod needs root
}
