import { parse } from "@std/yaml";
import { messageOf } from "../../error.ts";
import { usage } from "../usage.ts";
import {
  durationOf,
  envValue,
  listOf,
  mountOf,
  networkOf,
  optionValues,
  pairsOf,
  quote,
  sizeOf,
  targetOf,
  wordsOf,
} from "./compose_values.ts";
import { pageIn } from "./dockerfile.ts";
import { recordOf } from "./project.ts";

/** A service of a compose file, in terms of deploy.conf. */
export interface ComposeService {
  name: string;
  /** Undefined if it is built. */
  image?: string;
  /** What it is built from: a directory and a Dockerfile in it. */
  build?: { context: string; dockerfile: string };
  port?: number;
  health?: string;
  start?: string;
  /** Lines of its section. */
  settings: string[];
  env: string[];
  /** Further options of `docker create`. */
  options: string[];
  notes: string[];
}

type Json = Record<string, unknown>;

/**
 * Reads the service of a compose file that answers requests.
 *
 * @param project the compose name of the project, which is the directory's name
 * @param named the name of the service, if there are several
 * @throws {ZddError} if the file can't be read, or it isn't clear which service is meant.
 */
export function readCompose(
  text: string,
  project: string,
  named?: string,
): ComposeService {
  let file: Json;
  try {
    file = recordOf(parse(text));
  } catch (error) {
    throw usage(`Cannot read the compose file: ${messageOf(error)}`);
  }
  const services = recordOf(file.services);
  const name = named ?? onlyOne(services);
  if (!Object.hasOwn(services, name)) {
    throw usage(
      `The compose file has no service "${name}"`,
      `it has ${Object.keys(services).join(", ")}`,
    );
  }
  const others = Object.keys(services).filter((other) => other !== name);
  return translate(name, recordOf(services[name]), {
    project: typeof file.name === "string" ? file.name : project,
    volumes: recordOf(file.volumes),
    networks: recordOf(file.networks),
    others,
  });
}

/** The only service that has ports or is built. @throws {ZddError} if there isn't exactly one. */
function onlyOne(services: Json): string {
  const names = Object.keys(services);
  const have = (key: string) =>
    names.filter((name) => key in recordOf(services[name]));
  const published = have("ports");
  const built = published.filter((name) => have("build").includes(name));
  // Published ports count more than exposed ones, which only its network sees.
  const [found = []] = [built, published, have("build"), have("expose"), names]
    .filter((some) => some.length > 0);
  const [name] = found;
  if (name !== undefined && found.length === 1) return name;
  throw usage(
    names.length === 0
      ? "The compose file has no service"
      : `The compose file has ${names.length} services: ${names.join(", ")}`,
    "name the one that answers requests: zddeploy init docker -- web",
  );
}

interface Surroundings {
  project: string;
  volumes: Json;
  networks: Json;
  others: string[];
}

/** Keys that become options of `docker create` with a value. */
const OPTIONS: Record<string, string> = {
  ...{ user: "--user", working_dir: "--workdir", hostname: "--hostname" },
  ...{ cap_add: "--cap-add", cap_drop: "--cap-drop", cpus: "--cpus" },
  ...{ devices: "--device", dns: "--dns", extra_hosts: "--add-host" },
  ...{ group_add: "--group-add", pids_limit: "--pids-limit", pid: "--pid" },
  ...{ security_opt: "--security-opt", shm_size: "--shm-size" },
  ...{ sysctls: "--sysctl", tmpfs: "--tmpfs", ipc: "--ipc", gpus: "--gpus" },
  ...{ runtime: "--runtime", platform: "--platform" },
  ...{ cgroup_parent: "--cgroup-parent" },
};

/** Keys that become options without a value. */
const FLAGS = ["init", "privileged", "read_only"];

/** Keys that zdd replaces, or that don't matter for it. */
const NEEDLESS = ["container_name", "expose", "ports", "tty", "stdin_open"];

/** What to do about keys that zdd has no counterpart for. */
const REASONS: Record<string, string> = {
  depends_on: "what it depends on must run before: docker compose up -d",
  labels: "write in the template what the labels tell a proxy",
  logging: 'use "options: --log-driver …"',
  secrets: "mount the file, in volumes",
  configs: "mount the file, in volumes",
};

function translate(
  name: string,
  service: Json,
  { project, volumes, networks, others }: Surroundings,
): ComposeService {
  const settings: string[] = [];
  const options: string[] = [];
  const notes: string[] = [];
  const result: ComposeService = { name, settings, env: [], options, notes };
  const line = (key: string, value: unknown) => {
    if (value !== undefined) settings.push(`${key}: ${value}`);
  };
  const entrypoint = wordsOf(service.entrypoint);
  if (entrypoint.length > 0) options.push("--entrypoint", entrypoint[0] ?? "");
  const start = [...entrypoint.slice(1), ...wordsOf(service.command)];
  if (start.length > 0) {
    result.start = start.map(quote).join(" ").replaceAll("$$", "$");
  }

  const { build, image, ports, expose, environment } = service;
  if (typeof image === "string") result.image = image;
  if (build !== undefined) {
    const told = typeof build === "string"
      ? { context: build }
      : recordOf(build);
    const { context = ".", dockerfile = "Dockerfile", ...rest } = told;
    result.build = { context: String(context), dockerfile: String(dockerfile) };
    const unused = Object.keys(rest);
    if (unused.length > 0) {
      notes.push(`build: ${unused.join(", ")}: do that in before_start`);
    }
  }
  const targets = [...listOf(ports), ...listOf(expose)].flatMap(targetOf);
  result.port = targets[0];
  if (new Set(targets).size > 1) {
    notes.push(
      `it has the ports ${targets.join(", ")}: ${targets[0]} is used`,
    );
  }
  for (const [key, value] of pairsOf(environment)) {
    if (value === undefined) line("inherit_env", key);
    else result.env.push(`${key}=${envValue(value)}`);
  }
  const files = listOf(service.env_file).map((file) =>
    typeof file === "string" ? file : String(recordOf(file).path)
  );
  line("env_file", files[0]);
  if (files.length > 1) {
    notes.push(`env_file: only ${files[0]} is used of ${files.join(", ")}`);
  }
  const mounts = listOf(service.volumes)
    .map((volume) => mountOf(volume, project, volumes));
  notes.push(...mounts.flatMap(({ note }) => note ?? []));
  const usable = mounts.flatMap(({ line }) => line ?? []);
  if (usable.length > 0) line("volumes", usable.join("\n  "));
  line("network", networkOf(service, project, networks, others));

  const deploy = recordOf(service.deploy);
  line("instances", service.scale ?? deploy.replicas);
  const limits = recordOf(recordOf(deploy.resources).limits);
  line("memory_max", sizeOf(service.mem_limit ?? limits.memory));
  if (limits.cpus !== undefined) options.push("--cpus", String(limits.cpus));
  const restart = String(service.restart ?? "").replace(/:\d+$/, "");
  if (restart !== "") line("restart", restart);
  if (service.stop_signal !== undefined) {
    line("stop", `kill -${String(service.stop_signal).replace(/^SIG/, "")}`);
  }
  line("kill_after", durationOf(service.stop_grace_period));
  const check = wordsOf(recordOf(service.healthcheck).test).join(" ");
  result.health = pageIn(check);
  if (check !== "" && result.health === undefined && !/^NONE/.test(check)) {
    notes.push(`healthcheck "${check}": use health or ready`);
  }
  for (const [key, option] of Object.entries(OPTIONS)) {
    for (const value of optionValues(service[key])) options.push(option, value);
  }
  for (const key of FLAGS) {
    if (service[key] === true) options.push(`--${key.replace("_", "-")}`);
  }
  const known = [...Object.keys(OPTIONS), ...FLAGS, ...NEEDLESS, ...TRANSLATED];
  for (const key of Object.keys(service)) {
    if (known.includes(key) || key.startsWith("x-")) continue;
    notes.push(`${key} isn't translated${reasonFor(key)}`);
  }
  const open = JSON.stringify(service).matchAll(/(?<!\$)\$\{?(\w+)/g);
  const variables = [
    ...new Set([...open].map(([, variable = ""]) => variable)),
  ];
  if (variables.length > 0) {
    notes.push(
      `compose fills in ${
        variables.join(", ")
      }, and zdd doesn't: write the value`,
    );
  }
  return result;
}

/** Keys that `translate` handles. */
const TRANSLATED = [
  ...["build", "command", "deploy", "entrypoint", "env_file", "environment"],
  ...["healthcheck", "image", "mem_limit", "network_mode", "networks"],
  ...["restart", "scale", "stop_grace_period", "stop_signal", "volumes"],
];

function reasonFor(key: string): string {
  return Object.hasOwn(REASONS, key) ? `: ${REASONS[key]}` : "";
}
