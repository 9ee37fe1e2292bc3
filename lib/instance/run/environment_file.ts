import { join } from "@std/path";
import { inheritedEnvironment } from "../../system/environment.ts";
import { writeAtomically } from "../../system/files.ts";
import { asUser, findUser } from "../../system/users.ts";
import type { Plan } from "../plan.ts";

/** The environment of an instance, without the mark. */
export function environmentOf({ service, env }: Plan): Record<string, string> {
  const { user, inheritEnv } = service;
  const inherited = inheritedEnvironment(inheritEnv);
  const other = user === undefined ? undefined : findUser(user);
  return { ...other ? asUser(inherited, other) : inherited, ...env };
}

/** The path of an instance's environment file. */
export function environmentFile(stateDir: string, id: string): string {
  return join(stateDir, "run", `${id}.env`);
}

/**
 * Writes an environment file for systemd (systemd.exec(5), EnvironmentFile=) that others
 * can't read. Leaves out names that systemd doesn't accept.
 *
 * @throws {ZddError} if it can't be written.
 */
export function writeEnvironmentFile(
  file: string,
  variables: Record<string, string>,
): void {
  writeAtomically(file, formatEnvironment(variables), {
    mode: 0o600,
    exactly: true,
  });
}

/** Formats each variable as a line `NAME="VALUE"`. */
export function formatEnvironment(variables: Record<string, string>): string {
  return Object.entries(variables)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => `${name}="${value.replace(/["\\`$]/g, "\\$&")}"\n`)
    .join("");
}
