import { isAbsolute, join, resolve } from "@std/path";

/** Where servers are installed that an ordinary user's PATH doesn't cover. */
const SYSTEM_DIRECTORIES = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * The absolute path of a program. A name is looked up in PATH and in the system's
 * directories; a path is relative to `directory`. Undefined if there is no executable.
 */
export function findProgram(
  program: string,
  directory: string,
): string | undefined {
  const candidates = program.includes("/")
    ? [resolve(directory, program)]
    : [...(Deno.env.get("PATH") ?? "").split(":"), ...SYSTEM_DIRECTORIES]
      .filter(isAbsolute).map((place) => join(place, program));
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const stat = Deno.statSync(path);
    return stat.isFile && ((stat.mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
