import type { Config } from "../../config/config.ts";
import { loginUsers } from "../../system/users.ts";

/**
 * Services of which other users of the host could get requests: nginx passes them to the
 * port of the idle slot when nobody listens on the one that serves, and anybody may
 * listen on a port.
 *
 * @param live the services that the template switches live
 */
export function idlePortNotes(
  { services }: Config,
  live: readonly string[],
  users = Deno.uid() === 0 ? loginUsers() : [],
): string[] {
  const names = services.filter(({ name, port }) =>
    port === "env" && live.includes(name)
  ).map(({ name }) => name);
  const [user] = users;
  if (user === undefined || names.length === 0) return [];
  const others = users.length === 1 ? "" : ` and ${users.length - 1} more`;
  return [
    `other users of this host (${user}${others}) can listen on the idle port of ` +
    `${names.join(", ")}, and get its requests while the service is down; ` +
    '"port: socket" prevents that',
  ];
}
