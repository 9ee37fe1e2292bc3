/**
 * Mutation tests of a room: `deno task mutate ROOM [--seed N] [--count 25]` changes one
 * operator, literal or statement at a time in lib/ROOM, chosen at random, and runs
 * tests/ROOM on a copy of the tree. Lists the changes that no test notices.
 */
import { parseArgs } from "@std/cli/parse-args";
import { dirname, fromFileUrl, join } from "@std/path";
import { printResult } from "../lib/cli/output.ts";
import { isDirectory, isFile } from "../lib/system/files.ts";
import { mutate, type Mutation, mutationsOf, random } from "./mutations.ts";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** Marks all processes of a run in their environment, so that leftovers are found. */
const MARK = `ZDD_MUTATE_RUN=${crypto.randomUUID()}`;

/** A change of a file, whose path is relative to the root. */
interface Mutant extends Mutation {
  file: string;
}

if (import.meta.main) {
  const { _: [room = ""], ...options } = parseArgs(Deno.args, {
    string: ["seed", "count"],
  });
  const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 32));
  const count = Number(options.count ?? 25);
  const isRoom = ["lib", "tests"].every((side) =>
    isDirectory(join(ROOT, side, String(room)))
  );
  if (!isRoom || room === "" || !Number.isInteger(seed + count)) {
    printResult("usage: deno task mutate ROOM [--seed N] [--count 25]");
    Deno.exit(2);
  }
  await measure(String(room), seed, count);
}

async function measure(
  room: string,
  seed: number,
  count: number,
): Promise<void> {
  const copy = Deno.makeTempDirSync({ prefix: "zdd-mutate-" });
  try {
    // In tests, nginx's workers and other users read there.
    Deno.chmodSync(copy, 0o755);
    await copyTree(copy);
    const mutants = choose(allMutants(copy, join("lib", room)), seed, count);
    printResult(`${room}: ${mutants.length} changes, --seed ${seed}`);
    const started = performance.now();
    if (!await passes(copy, room, 600_000, "inherit")) {
      throw new Error(`The tests of ${room} fail without any change`);
    }
    const timeout = 10_000 + 5 * (performance.now() - started);
    let noticed = 0;
    for (const mutant of mutants) {
      const path = join(copy, mutant.file);
      const text = Deno.readTextFileSync(path);
      Deno.writeTextFileSync(path, mutate(text, mutant));
      if (await passes(copy, room, timeout)) {
        printResult(`survived: ${describe(mutant, text)}`);
      } else noticed++;
      Deno.writeTextFileSync(path, text);
    }
    printResult(`${room}: ${noticed} of ${mutants.length} noticed`);
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

/** Copies all files of the working tree that git doesn't ignore. */
async function copyTree(to: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: ROOT,
  }).output();
  const names = new TextDecoder().decode(stdout).split("\0");
  for (const name of names.filter((name) => isFile(join(ROOT, name)))) {
    const path = join(to, name);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.copyFileSync(join(ROOT, name), path);
  }
}

/** All changes of the files below a folder, in the order of the file names. */
function allMutants(root: string, folder: string): Mutant[] {
  return [...Deno.readDirSync(join(root, folder))]
    .toSorted((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => {
      const file = join(folder, entry.name);
      if (entry.isDirectory) return allMutants(root, file);
      if (!file.endsWith(".ts")) return [];
      return mutationsOf(Deno.readTextFileSync(join(root, file)))
        .map((mutation) => ({ ...mutation, file }));
    });
}

/** A random selection of `count` mutants, each at most once. */
function choose(mutants: Mutant[], seed: number, count: number): Mutant[] {
  const next = random(seed);
  return mutants.map((mutant) => ({ mutant, place: next() }))
    .toSorted((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

/** Whether a room's tests pass and don't hang. */
async function passes(
  root: string,
  room: string,
  timeout: number,
  output: "inherit" | "null" = "null",
): Promise<boolean> {
  // Short, since the paths of sockets must be short.
  const temporary = join(root, "t");
  Deno.mkdirSync(temporary, { recursive: true });
  const [name = "", value = ""] = MARK.split("=");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check",
      "--quiet",
      "--fail-fast",
      join("tests", room),
    ],
    cwd: root,
    env: { [name]: value, TMPDIR: temporary },
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const { success } = await child.status;
  clearTimeout(timer);
  endLeftovers();
  await unmountBelow(root);
  Deno.removeSync(temporary, { recursive: true });
  return success;
}

/** Ends the processes that a run has left behind. */
function endLeftovers(): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (environment.split("\0").includes(MARK)) {
        Deno.kill(Number(name), "SIGKILL");
      }
    } catch {
      // It has ended, or is owned by another user.
    }
  }
}

/** Unmounts what a run has left behind. */
async function unmountBelow(root: string): Promise<void> {
  const places = Deno.readTextFileSync("/proc/self/mounts").split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((place) => place.startsWith(`${root}/`));
  for (const place of places.toReversed()) {
    await new Deno.Command("umount", { args: ["--lazy", place] }).output();
  }
}

/** `lib/text/x.ts:7: < -> <= in if (a < b) {`: where the change is, and what it is. */
function describe(mutant: Mutant, text: string): string {
  const line = text.slice(0, mutant.start).split("\n").length;
  const show = (code: string) => code.replace(/\s+/g, " ");
  const whole = text.split("\n")[line - 1]?.trim();
  return `${mutant.file}:${line}: ${show(mutant.before)} -> ` +
    `${show(mutant.after)} in ${whole}`;
}
