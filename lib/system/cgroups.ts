import { readIfExists } from "./files.ts";

/** Where systemd keeps its units' control groups: its own hierarchy, or the one of version 2 (cgroups(7)). */
const ROOTS = [
  "/sys/fs/cgroup/systemd",
  "/sys/fs/cgroup/unified",
  "/sys/fs/cgroup",
];

/**
 * The pids in a control group and in those below it.
 *
 * @param path as systemd tells it: `/system.slice/app.service`
 */
export function pidsInGroup(path: string): number[] {
  for (const root of ROOTS) {
    const pids = pidsBelow(root + path);
    if (pids !== undefined) return pids;
  }
  return [];
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
    return undefined; // it has been removed meanwhile
  }
}

function list(directory: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)];
  } catch {
    return [];
  }
}
