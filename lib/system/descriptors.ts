/** Used if the limit is unknown. */
const USUAL = 1024;

/**
 * How many file descriptors this process may have. Deno raises the limit to the hard limit
 * when it starts (getrlimit(2), RLIMIT_NOFILE; proc(5), limits).
 */
export function descriptorLimit(): number {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? USUAL : Number(soft);
  } catch {
    return USUAL;
  }
}
