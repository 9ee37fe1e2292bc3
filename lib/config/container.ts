import type { ServiceConfig } from "./config.ts";
import type { ConfSection } from "./section.ts";
import type { PortKind } from "./values.ts";

/** The keys that are only for containers. */
const OWN = ["image", "container_port", "network", "volumes", "options"];

/** The keys that aren't for containers, each with the reason. */
const OTHERS = {
  log: "the engine keeps what it prints, and zddeploy logs shows it",
  pid_file: "the engine knows its processes",
  properties: "`options` takes the engine's own",
};

/** The options of `docker create` that zdd sets itself, each with its key in deploy.conf. */
const GIVEN: Record<string, string> = {
  "--name": "",
  "--rm": "",
  "-d": "",
  "--detach": "",
  "--cidfile": "",
  "--restart": "restart",
  "--network": "network",
  "--net": "network",
  "--ip": "network",
  "-e": "env",
  "--env": "env",
  "--env-file": "env_file",
  "-v": "volumes",
  "--volume": "volumes",
  "-p": "",
  "--publish": "",
  "-m": "memory_max",
  "--memory": "memory_max",
  "--stop-signal": "stop",
  "--stop-timeout": "kill_after",
};

/** The restart policies of a container engine. */
const POLICIES = ["no", "on-failure", "always", "unless-stopped"];

/** The values that `container` changes: the kind of address, and when it is restarted and killed. */
export function asContainer(
  { container, network, restart, stopTimeout, killAfter = stopTimeout }: Pick<
    ServiceConfig,
    "container" | "network" | "restart" | "stopTimeout" | "killAfter"
  >,
  port: PortKind,
  section: ConfSection<"service">,
): Partial<Pick<ServiceConfig, "port" | "restart" | "killAfter">> {
  if (container === undefined) return {};
  const isWorker = section.has("port") && port === "none";
  const isTold = port === "env" && network === "host";
  if (section.has("port") && !isWorker && !isTold) {
    section.refuse(
      'Cannot use "port" beside "container", except "none": ' +
        '"container_port" says where it listens, or with "network: host" PORT does',
    );
  }
  return {
    port: isWorker ? "none" : network === "host" ? "env" : "container",
    // Otherwise a restart of the engine, such as for an update, would end the service.
    restart: section.has("restart") ? restart : "always",
    // As engines do: many servers ignore SIGTERM when they are process 1 (kill(2)).
    killAfter,
  };
}

/** Checks keys that are only for containers, that they need, and that they can't have. */
export function checkContainer(
  service: ServiceConfig,
  section: ConfSection<"service">,
): void {
  const { container, network, port, containerPort, supervisor } = service;
  const { restart, stop } = service;
  if (container === undefined) {
    for (const key of OWN) {
      if (section.has(key)) section.missing("container", `beside "${key}"`);
    }
    return;
  }
  if (service.image === undefined) section.missing("image", "with container");
  if (network === "host" || port === "none") {
    if (containerPort !== undefined) {
      const instead = port === "none"
        ? "no value with port: none"
        : "no value with network: host, where it listens on PORT";
      section.reject("container_port", instead, String(containerPort));
    }
  } else if (containerPort === undefined) {
    section.missing("container_port", "with container");
  }
  for (const [key, why] of Object.entries(OTHERS)) {
    if (section.has(key)) {
      section.refuse(`Cannot use "${key}" beside "container": ${why}`);
    }
  }
  if (supervisor === "systemd") {
    section.reject(
      "supervisor",
      `none with container: ${container}`,
      "systemd",
    );
  }
  if (!POLICIES.includes(restart)) {
    section.reject("restart", POLICIES.join(", "), restart);
  }
  if (!/^kill -[A-Z][A-Z0-9+-]*$/.test(stop)) {
    section.reject("stop", "a signal such as kill -QUIT", stop);
  }
  if (service.memoryMax?.includes("%")) {
    section.reject("memory_max", "a size such as 500M", service.memoryMax);
  }
  checkOptions(service, section);
}

function checkOptions(
  { options }: ServiceConfig,
  section: ConfSection<"service">,
): void {
  const [first] = options;
  if (first !== undefined && !first.startsWith("-")) {
    section.reject("options", "options such as --cpus 2", first);
  }
  for (const option of options) {
    const name = /^--[\w-]+|^-\w/.exec(option)?.[0] ?? "";
    const key = Object.hasOwn(GIVEN, name) ? GIVEN[name] : undefined;
    if (key === undefined) continue;
    const instead = key === ""
      ? `no ${name}, which zdd sets itself`
      : `the key "${key}" instead of ${name}`;
    section.reject("options", instead, option);
  }
}
