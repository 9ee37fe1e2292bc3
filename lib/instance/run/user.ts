import { findUser, type User } from "../../system/users.ts";

/** The user that `user:` names, if that isn't the user who runs zdd. */
export function userFor(name?: string): User | undefined {
  const user = name === undefined ? undefined : findUser(name);
  return user?.uid === Deno.uid() ? undefined : user;
}
