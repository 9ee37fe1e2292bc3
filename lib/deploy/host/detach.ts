import { ExitStatus, messageOf, ZddError } from "../../error.ts";
import { escapeBy } from "../../system/escape.ts";
import {
  hasServiceManager,
  killsAtLogout,
  lingers,
  requireManager,
  type Unit,
  unitOfProcess,
  unitProperties,
} from "../../system/service_manager.ts";
import { nameOfUser } from "../../system/users.ts";

/** A unit that ends what is started in it. */
export interface Killer {
  unit: Unit;
  /** When it does, for messages. */
  when: string;
  /** The setting that makes it do so. */
  why: string;
}

/**
 * Makes sure that what zdd is about to start outlives zdd: if systemd would end it, it gets
 * scopes of its own. Call it before anything is started.
 *
 * @param killer the result of `findKiller`
 * @throws {ZddError} with exit status 2 and the command that works, if that isn't possible.
 */
export async function detach(killer: Killer | undefined): Promise<void> {
  if (killer === undefined) return;
  const uid = Deno.uid() ?? 0;
  const user = uid === 0 ? "root" : nameOfUser(uid);
  if (uid !== 0 && !lingers(user)) {
    throw refusal(killer, `run "sudo loginctl enable-linger ${user}" once`);
  }
  const manager = uid === 0 ? "system" : "user";
  try {
    await requireManager(manager);
  } catch (error) {
    const command = manager === "user" ? "systemd-run --user" : "systemd-run";
    throw refusal(
      killer,
      `run "${command} --scope zddeploy …" (${messageOf(error)})`,
    );
  }
  escapeBy(manager);
}

function refusal({ unit: { name }, when, why }: Killer, way: string): ZddError {
  const other = name.endsWith(".service")
    ? `, or set KillMode=process in ${name}`
    : "";
  return new ZddError(
    `What zddeploy starts here ends ${when}: ${why} in ${name}`,
    {
      hint: `${way}${other}; "detach: no" in [deploy] turns this off`,
      exitStatus: ExitStatus.usage,
    },
  );
}

/** The unit that would end what this process starts; undefined if none would. */
export async function findKiller(): Promise<Killer | undefined> {
  if (!hasServiceManager()) return undefined;
  const unit = unitOfProcess(Deno.pid);
  if (unit === undefined) return undefined;
  return unit.name.endsWith(".service")
    ? await killingService(unit)
    : await killingSession(unit);
}

/** systemd.kill(5), systemd.service(5). */
async function killingService(unit: Unit): Promise<Killer | undefined> {
  const { KillMode, RemainAfterExit } = await unitProperties(unit, [
    "KillMode",
    "RemainAfterExit",
  ]);
  // Stopping such a unit is meant to stop what it has started.
  if (RemainAfterExit === "yes") return undefined;
  if (KillMode !== "control-group" && KillMode !== "mixed") return undefined;
  return { unit, when: "with its unit", why: `KillMode=${KillMode}` };
}

/** Other scopes end when they are empty, but that of a session ends at logout. */
async function killingSession(unit: Unit): Promise<Killer | undefined> {
  const { name, owner } = unit;
  if (!/^session-.*\.scope$/.test(name) || owner === undefined) {
    return undefined;
  }
  if (!await killsAtLogout(nameOfUser(owner))) return undefined;
  return { unit, when: "at the logout", why: "KillUserProcesses=yes" };
}
