import { findProgram } from "../../../system/program.ts";
import { isDirectory } from "../../../system/files.ts";
import { type Check, type Finding, ok, problem, warning } from "./check.ts";

/** Checks that processes are visible, and that the programs that zdd calls exist. */
export const checkProcesses: Check = ({ host, uid, project }) => {
  const findings: Finding[] = [];
  if (uid !== 0 && host.hidesProcesses()) {
    findings.push(warning(
      "/proc hides the processes of other users (hidepid), such as a system's nginx",
      "run zddeploy as the user who runs nginx",
    ));
  }
  const services = project?.config.services ?? [];
  const others = services.filter(({ user }) => user !== undefined);
  if (others.length > 0 && findProgram("setpriv", "/") === undefined) {
    findings.push(problem(
      `There is no program "setpriv", which runs ${others[0]?.name} as ` +
        `${others[0]?.user}`,
      "install util-linux",
    ));
  }
  if (!isDirectory("/etc/logrotate.d")) {
    findings.push(warning(
      "There is no logrotate, so the logs of the services grow without a limit",
      "install logrotate, or use supervisor: systemd, whose journal has a limit",
    ));
  }
  return findings.length > 0
    ? findings
    : [ok("The programs that zddeploy calls are there")];
};
