import {
  hasServiceManager,
  killsAtLogout,
  lingers,
} from "../../../system/service_manager.ts";
import { nameOfUser } from "../../../system/users.ts";
import { findKiller } from "../detach.ts";
import { type Check, ok, problem, warning } from "./check.ts";

/** Checks that what zddeploy starts outlives its unit and a logout. */
export const checkSession: Check = async ({ uid, project }) => {
  if (!hasServiceManager()) {
    return [warning(
      "systemd isn't running on this machine, so nothing starts the services at boot",
      'run "zddeploy start" at boot, such as by cron\'s @reboot',
    )];
  }
  const name = nameOfUser(uid);
  const hint = `run "loginctl enable-linger ${name}" once, as root`;
  const killer = await findKiller();
  if (killer !== undefined) {
    const { unit, when, why } = killer;
    if (uid === 0 || lingers(name)) {
      return [ok(
        `What is started here would end ${when} (${why}): it gets a scope of its own`,
      )];
    }
    return [problem(
      `What zddeploy starts in ${unit.name} ends ${when} (${why})`,
      hint,
    )];
  }
  if (uid === 0 || lingers(name)) return [ok("Services outlive a logout")];
  if (await killsAtLogout(name)) {
    return [problem("logind ends all processes at a logout", hint)];
  }
  const usesUnits = project?.config.services.some(({ supervisor }) =>
    supervisor === "systemd"
  );
  return usesUnits
    ? [problem(`The units of ${name} end with the last session`, hint)]
    : [ok("Services outlive a logout")];
};
