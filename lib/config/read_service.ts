import { join } from "@std/path";
import { IS_LINUX } from "../system/platform.ts";
import { findUser } from "../system/users.ts";
import { asContainer, checkContainer } from "./container.ts";
import { type ServiceConfig, stopsFirst } from "./config.ts";
import type { ConfSection } from "./section.ts";

/** Names with another meaning in a template. */
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
    ...log !== undefined
      ? {}
      : values.supervisor === "systemd" || values.container !== undefined
      ? { journal: true }
      : { ownLogs: true },
    ...asContainer(values, port.port, section),
  };
  checkContainer(service, section);
  checkAddress({ ...service, env }, section);
  checkInstances(service, section);
  checkUser(service, section);
  checkSupervisor(service, section);
  checkWorker(service, section);
  checkReplace(service, section);
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

/**
 * Rejects `{port}` with `port: socket`, and `{socket}` with `port: env`: they wouldn't be
 * replaced.
 */
function checkAddress(
  { port, start, env }: ServiceConfig,
  section: ConfSection<"service">,
): void {
  const [own, other] = port === "socket"
    ? ["{socket}", "{port}"]
    : ["{port}", "{socket}"];
  if (port !== "socket" && port !== "env") return;
  // `${port}` is a variable of the shell.
  const isThere = (text: string) =>
    text.replaceAll(`$${other}`, "").includes(other);
  if (isThere(start)) {
    section.reject("start", `${own} with port: ${port}`, start);
  }
  const value = Object.values(env).find(isThere);
  if (value !== undefined) {
    section.reject("env", `${own} with port: ${port}`, value);
  }
}

/** Checks that each of several instances has its own pid file and port. */
function checkInstances(
  { pidFile, port, instances }: ServiceConfig,
  section: ConfSection<"service">,
): void {
  const isFile = port === "file" && !section.isRejected("port");
  if (pidFile === undefined && isFile) {
    section.missing("pid_file", "with port: file");
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

/** Checks the user: only root can run a service as another user. */
function checkUser(
  { user }: ServiceConfig,
  section: ConfSection<"service">,
): void {
  if (!IS_LINUX) return; // on the server, root may run zddeploy
  const uid = Deno.uid();
  if (user === undefined || uid === 0 || findUser(user)?.uid === uid) return;
  section.reject("user", "your own user, unless root runs zddeploy", user);
}

/** Checks keys that need systemd, and those that can't be used with it. */
function checkSupervisor(
  { supervisor, restart, memoryMax, properties, port, container }:
    ServiceConfig,
  section: ConfSection<"service">,
): void {
  if (container !== undefined) return;
  if (supervisor === "systemd") {
    if (restart === "unless-stopped") {
      section.reject("restart", "always, or another of systemd's", restart);
    }
    if (restart === "no" || !["file", "detect"].includes(port)) return;
    section.reject(
      "port",
      "env, socket or a number with supervisor: systemd, so that a restarted " +
        "instance keeps its address; or restart: no",
      port,
    );
    return;
  }
  const only = { memory_max: memoryMax, properties: properties[0] };
  for (const [key, value] of Object.entries(only)) {
    if (value === undefined) continue;
    section.reject(key, "supervisor: systemd beside it", value);
  }
}

/** Checks `health` of a worker: it has no address, so a path alone can't be requested. */
function checkWorker(
  { port, health }: ServiceConfig,
  section: ConfSection<"service">,
): void {
  if (port !== "none" || !health?.startsWith("/")) return;
  section.reject("health", "a URL, or `ready`, with port: none", health);
}

/** Checks `stop-first`: a standby would run beside it, and it must be restarted at the same address. */
function checkReplace(
  service: ServiceConfig,
  section: ConfSection<"service">,
): void {
  const { standby, port } = service;
  if (!stopsFirst(service)) return;
  if (standby) section.reject("standby", "no with replace: stop-first", "yes");
  if (port === "container") {
    const expected = "start-first, unless with network: host or port: none";
    section.reject("replace", expected, "stop-first");
  }
  if (port !== "file" && port !== "detect") return;
  const expected =
    "none, env, socket or a number with replace: stop-first, so that a " +
    "restarted instance keeps its address";
  section.reject("port", expected, port);
}

/** Rejects services with the same name or pid file, whose instances would be confused. */
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
