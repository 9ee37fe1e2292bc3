import { join } from "@std/path";
import type { ServiceConfig } from "./config.ts";
import type { ConfSection } from "./section.ts";

/** Names that a template needs for something else. */
const FORBIDDEN_NAMES = ["nginx_pid_filename", "project_dir"];

/** Reads a section `[service:NAME]`. */
export function readService(
  name: string,
  section: ConfSection<"service">,
  stateDir: string,
): ServiceConfig {
  checkName(name, section);
  const { port, env, envFile, log, ...values } = section.values();
  const number = values.instances > 1 ? "-{instance}" : "";
  const service: ServiceConfig = {
    ...values,
    ...port,
    name,
    stateDir,
    env: { ...envFile, ...env },
    log: log ?? join(stateDir, "log", `${name}${number}.log`),
  };
  checkInstances(service, section);
  return service;
}

function checkName(name: string, section: ConfSection<"service">): void {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name)) {
    section.refuse(
      `Cannot use [${section.name}]: expected letters, digits, "_", "-" or ` +
        `"." after "service:", got "${name}"`,
    );
  } else if (FORBIDDEN_NAMES.includes(name) || name in {}) {
    section.refuse(
      `Cannot use [${section.name}]: the template has {${name}} already`,
    );
  }
}

/** Each of several instances needs a pid file and a port of its own. */
function checkInstances(
  { pidFile, port, instances }: ServiceConfig,
  section: ConfSection<"service">,
): void {
  if (pidFile === undefined && port === "file") {
    section.missing("pid_file", "for port: file");
  }
  if (instances === 1) return;
  if (pidFile?.includes("{instance}") === false) {
    section.reject(
      "pid_file",
      `a name with {instance} for ${instances} instances`,
      pidFile,
    );
  }
  if (port === "fixed") {
    section.reject(
      "instances",
      "1 for a service with a fixed port",
      String(instances),
    );
  }
}

/** Two services of one name or with one pid file would take each other for themselves. */
export function refuseSame(
  services: { service: ServiceConfig; section: ConfSection<"service"> }[],
): void {
  services.forEach(({ service: { name, pidFile }, section }, i) => {
    const earlier = services.slice(0, i).map(({ service }) => service);
    if (earlier.some((other) => other.name === name)) {
      section.refuse(`There is another service "${name}"`);
    }
    const same = earlier.find((other) => other.pidFile === pidFile);
    if (same !== undefined && pidFile !== undefined) {
      section.reject(
        "pid_file",
        `another file than that of [service:${same.name}]`,
        pidFile,
      );
    }
  });
}
