import { dirname, resolve } from "@std/path";
import { messageOf } from "../../../error.ts";
import { Host } from "../../../system/host.ts";
import { isFile } from "../../../system/files.ts";
import { readProject } from "../../read.ts";
import { checkBoot } from "./boot.ts";
import {
  type Check,
  type Finding,
  ok,
  type Patient,
  problem,
} from "./check.ts";
import { checkClock } from "./clock.ts";
import { checkDisk } from "./disk.ts";
import { checkLimits } from "./limits.ts";
import { checkMandatoryAccess } from "./mandatory_access.ts";
import { checkNginx } from "./nginx.ts";
import { checkNginxUser } from "./nginx_user.ts";
import { checkProcesses } from "./processes.ts";
import { checkSession } from "./session.ts";

/** Every check, in the order in which their findings are shown. */
const CHECKS: readonly Check[] = [
  checkNginx,
  checkNginxUser,
  checkMandatoryAccess,
  checkSession,
  checkBoot,
  checkLimits,
  checkProcesses,
  checkClock,
  checkDisk,
];

/**
 * Checks this host for problems that would affect zdd, without changing anything.
 *
 * @param conf the path of deploy.conf; if it is missing, only the host is checked
 */
export async function doctor(conf: string): Promise<Finding[]> {
  const file = resolve(conf);
  const patient: Patient = {
    host: new Host(),
    uid: Deno.uid() ?? 0,
    directory: dirname(file),
    nginx: "nginx",
  };
  const findings: Finding[] = [];
  if (isFile(file)) {
    try {
      patient.project = readProject(conf, { starts: false });
      patient.nginx = patient.project.config.nginx.command;
      findings.push(ok(`${conf} has no mistakes`));
    } catch (error) {
      findings.push(problem(messageOf(error), "zddeploy check tells more"));
    }
  }
  for (const check of CHECKS) {
    try {
      findings.push(...await check(patient));
    } catch (error) { // the other checks still run
      findings.push(problem(messageOf(error)));
    }
  }
  return findings;
}
