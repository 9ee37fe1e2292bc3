import { readIfExists } from "./files.ts";

let own: string | undefined;

/**
 * The process as which its network namespace is looked at (network_namespaces(7));
 * undefined if that is zdd's own, or the process is gone.
 */
export function networkOf(pid: number): number | undefined {
  try {
    own ??= Deno.readLinkSync("/proc/self/ns/net");
    return Deno.readLinkSync(`/proc/${pid}/ns/net`) === own ? undefined : pid;
  } catch (error) {
    // What can't be compared can be looked at all the same.
    return error instanceof Deno.errors.PermissionDenied ? pid : undefined;
  }
}

/** Whether an IPv4 address is one of a network namespace's own, by `/proc/PID/net/fib_trie`. */
export function hasAddress(pid: number, host: string): boolean {
  let table: string;
  try {
    table = readIfExists(`/proc/${pid}/net/fib_trie`) ?? "";
  } catch {
    return false; // it is gone
  }
  const at = table.indexOf(`|-- ${host}\n`);
  return at >= 0 && /^.*\n\s*\/32 host LOCAL/.test(table.slice(at));
}
