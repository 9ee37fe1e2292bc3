/** Whether a process runs and isn't a zombie. */
export function isAlive(pid: number): boolean {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat !== "" && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** The command line of a process. */
export function titleOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

/** The environment of a process. */
export function environmentOf(pid: number): Record<string, string> {
  const pairs = readOrEmpty(`/proc/${pid}/environ`).split("\0");
  return Object.fromEntries(
    pairs.filter((pair) => pair !== "").map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name, value.join("=")];
    }),
  );
}

/** The processes that have a variable, or are in a directory. */
export function processesOf(variable: string, directory: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name))
    .filter((pid) =>
      pid > 0 && isAlive(pid) &&
      // nginx overwrites its environment with its title, but stays in the directory.
      (readOrEmpty(`/proc/${pid}/environ`).includes(variable) ||
        directoryOf(pid).startsWith(directory))
    );
}

function directoryOf(pid: number): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function readOrEmpty(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
