import type { Config } from "../../config/config.ts";
import { loginUsers } from "../../system/users.ts";

/**
 * Notes on services whose requests other users of the host could get: nginx passes them to
 * the port of the idle slot if nothing listens on the serving one, and any user may listen on
 * a port.
 *
 * @param live the services that use the live switch
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
    `other users of this host (${user}${others}) can listen on an idle port of ` +
    `${names.join(", ")}, and get the requests while that service is down; ` +
    '"port: socket" prevents that',
  ];
}
