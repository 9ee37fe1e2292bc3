import { dirname } from "@std/path";
import { findUser } from "../system/users.ts";
import type { Plan } from "./plan.ts";

/**
 * Makes the directory that an instance's socket goes into, where that is its user's own.
 *
 * @throws {Error} if it can't be made.
 */
export function prepareSocket({ address, service: { user } }: Plan): void {
  if (address === undefined || !("path" in address)) return;
  const owner = user === undefined ? undefined : findUser(user);
  if (owner === undefined) return;
  const directory = dirname(address.path);
  Deno.mkdirSync(directory, { recursive: true, mode: 0o755 });
  if (Deno.uid() === 0) Deno.chownSync(directory, owner.uid, owner.gid);
}
