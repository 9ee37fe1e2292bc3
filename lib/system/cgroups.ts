import { dirname } from "@std/path";
import { isDirectory, readIfExists } from "./files.ts";

/**
 * Where the control groups of systemd's units are: in its own hierarchy, or in version 2's
 * (cgroups(7)).
 */
const ROOTS = [
  "/sys/fs/cgroup/systemd",
  "/sys/fs/cgroup/unified",
  "/sys/fs/cgroup",
];

/**
 * The pids in a control group and in those below it.
 *
 * @param path as systemd gives it: `/system.slice/app.service`
 */
export function pidsInGroup(path: string): number[] {
  for (const root of ROOTS) {
    const pids = pidsBelow(root + path);
    if (pids !== undefined) return pids;
  }
  return [];
}

/**
 * The memory of a control group in bytes, counted as container engines do: without the
 * cached files that the kernel would drop first. Undefined if it can't be read.
 */
export function memoryOfGroup(path: string): number | undefined {
  const [current, inactive] = isDirectory("/sys/fs/cgroup/memory")
    ? [`memory${path}/memory.usage_in_bytes`, "total_inactive_file"]
    : [`${path.slice(1)}/memory.current`, "inactive_file"];
  const file = `/sys/fs/cgroup/${current}`;
  const used = readOrNothing(file);
  if (used === undefined) return undefined;
  const stat = readOrNothing(`${dirname(file)}/memory.stat`) ?? "";
  const dropped = new RegExp(`^${inactive} (\\d+)$`, "m").exec(stat)?.[1];
  return Math.max(0, Number(used) - Number(dropped ?? 0));
}

/** Undefined if there is no such group. */
function pidsBelow(directory: string): number[] | undefined {
  const text = readOrNothing(`${directory}/cgroup.procs`);
  if (text === undefined) return undefined;
  const pids = text.split("\n").map(Number).filter((pid) => pid > 0);
  for (const { name, isDirectory } of list(directory)) {
    if (isDirectory) pids.push(...pidsBelow(`${directory}/${name}`) ?? []);
  }
  return pids;
}

function readOrNothing(file: string): string | undefined {
  try {
    return readIfExists(file);
  } catch {
    return undefined; // removed meanwhile
  }
}

function list(directory: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)];
  } catch {
    return [];
  }
}
