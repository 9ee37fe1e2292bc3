import {
  askManager,
  hasServiceManager,
} from "../../../system/service_manager.ts";
import { modifiedAt } from "../../../system/files.ts";
import { type Check, ok, warning } from "./check.ts";

/** A clock that has lost the time starts in 1970, or in the year of its firmware. */
const FIRST_YEAR = 2026;
/** How far in the future a file's time may be, in ms. */
const TOLERANCE = 60_000;

/** The clock: history, certificates and log rotation depend on it. */
export const checkClock: Check = async ({ project }) => {
  const now = new Date();
  const hint = 'turn on time synchronization: "timedatectl set-ntp true"';
  if (now.getFullYear() < FIRST_YEAR) {
    return [warning(`The clock says ${now.toISOString()}`, hint)];
  }
  const { file } = project?.config ?? {};
  const changed = file === undefined ? undefined : modifiedAt(file);
  if (changed !== undefined && changed > now.getTime() + TOLERANCE) {
    return [warning(
      `deploy.conf was changed at ${
        new Date(changed).toISOString()
      }, and the ` +
        `clock says ${now.toISOString()}`,
      hint,
    )];
  }
  if (!hasServiceManager()) return [ok("The clock seems right")];
  const { text } = await askManager("system", [
    ...["timedatectl", "show", "--property", "NTPSynchronized", "--value"],
  ]);
  return text.trim() === "no"
    ? [warning("The clock isn't synchronized", hint)]
    : [ok("The clock seems right")];
};
