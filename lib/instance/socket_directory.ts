import { dirname } from "@std/path";
import { makeDirectory } from "../system/held.ts";
import { findUser } from "../system/users.ts";
import type { Plan } from "./plan.ts";

/**
 * Creates the directory for an instance's socket, owned by the service's `user`. Does
 * nothing without `user`.
 *
 * @throws {Error} if it can't be created.
 */
export function prepareSocket({ address, service: { user } }: Plan): void {
  if (address === undefined || !("path" in address)) return;
  const owner = user === undefined ? undefined : findUser(user);
  if (owner === undefined) return;
  using directory = makeDirectory(dirname(address.path));
  if (Deno.uid() === 0) {
    Deno.chownSync(directory.path, owner.uid, owner.gid);
  }
}
