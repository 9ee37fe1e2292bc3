import { type Check, type Finding, ok, warning } from "./check.ts";

/** Checks SELinux and AppArmor, which may keep nginx from using instances and live links. */
export const checkMandatoryAccess: Check = ({ host, project }) => {
  const findings: Finding[] = [];
  if (host.enforcesSelinux()) {
    // httpd_selinux(8)
    if (host.selinuxBoolean("httpd_can_network_connect") === false) {
      findings.push(warning(
        "SELinux keeps nginx from connecting to the ports of instances",
        'run "setsebool -P httpd_can_network_connect on"',
      ));
    } else findings.push(ok("SELinux lets nginx connect to ports"));
    const stateDir = project?.config.stateDir ?? "STATE_DIR";
    findings.push(warning(
      "SELinux lets nginx read links and sockets only where their type allows it",
      `run "semanage fcontext -a -t httpd_var_run_t '${stateDir}(/.*)?'" and ` +
        `"restorecon -R ${stateDir}" after the first deploy`,
    ));
  }
  const master = project?.nginx.master();
  const profile = master && host.profileOf(master.pid);
  if (profile !== undefined && !profile.endsWith("(complain)")) {
    findings.push(warning(
      `nginx runs under the AppArmor profile ${profile}`,
      `let the profile read ${project?.config.stateDir}/** and use the sockets there`,
    ));
  }
  return findings;
};
