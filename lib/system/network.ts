import { readIfExists } from "./files.ts";

let own: string | undefined;

/**
 * A process's pid if its network namespace (network_namespaces(7)) isn't zdd's own, so that
 * sockets are looked up there; undefined if it is zdd's own, or the process is gone.
 */
export function networkOf(pid: number): number | undefined {
  try {
    own ??= Deno.readLinkSync("/proc/self/ns/net");
    return Deno.readLinkSync(`/proc/${pid}/ns/net`) === own ? undefined : pid;
  } catch (error) {
    // Its sockets can be read even if its namespace can't be compared.
    return error instanceof Deno.errors.PermissionDenied ? pid : undefined;
  }
}

/**
 * Whether an IPv4 address is local in a process's network namespace
 * (`/proc/PID/net/fib_trie`).
 */
export function hasAddress(pid: number, host: string): boolean {
  let table: string;
  try {
    table = readIfExists(`/proc/${pid}/net/fib_trie`) ?? "";
  } catch {
    return false; // the process is gone
  }
  const at = table.indexOf(`|-- ${host}\n`);
  return at >= 0 && /^.*\n\s*\/32 host LOCAL/.test(table.slice(at));
}
