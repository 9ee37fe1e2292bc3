import type { ServiceConfig } from "../../config/config.ts";
import { workersOf } from "../../nginx/master.ts";
import { follow, isAlive, isGone, memoryOf } from "../../instance/processes.ts";
import type { Instance } from "../../instance/instance.ts";
import { addressOf } from "../../instance/instance_address.ts";
import { runnerOf } from "../../instance/run/runners.ts";
import { findRunning } from "../../instance/takeover.ts";
import { isRunning, type ProcessId, startedAt } from "../../system/process.ts";
import { openConnections } from "../../system/connections.ts";
import { listeningInodes } from "../../system/sockets.ts";
import type { Project } from "../read.ts";
import { runsAsDeployed } from "../reload_switch.ts";
import { notesOnFormer } from "../../state/former.ts";
import {
  EMPTY_STATE,
  type ServiceState,
  type State,
  stateOf,
  withService,
} from "../../state/state.ts";
import { LiveLinks } from "../../live/links.ts";
import { HOLD } from "../../live/steering.ts";
import { StateDir } from "../../state/state_dir.ts";
import { readState } from "../../state/state_file.ts";
import { exists } from "../../system/files.ts";
import { IS_LINUX } from "../../system/platform.ts";

/** What runs now. Reading it repairs nothing. */
export interface Status {
  /** Whether everything that should serve does. */
  ok: boolean;
  services: ServiceStatus[];
  nginx: NginxStatus;
  /** Set if clients are turned away. */
  maintenance?: MaintenanceStatus;
  /** What else a person should know. */
  notes: string[];
}

export interface MaintenanceStatus {
  /** ISO 8601. */
  since: string;
  /** The addresses and networks of clients that get through. */
  allowed: readonly string[];
  /** After how long clients are told to try again, in s. */
  retryAfter: number;
}

export interface ServiceStatus {
  name: string;
  instances: InstanceStatus[];
}

export type InstanceState =
  | "serving"
  | "canary"
  | "standby"
  | "stopping"
  | "dead";

export interface InstanceStatus {
  state: InstanceState;
  /** The share of the requests, for a canary, dead or alive. */
  percent?: number;
  id: string;
  pid: number;
  /** Undefined for a worker. */
  address?: string;
  /** The name given with `--release`. */
  release?: string;
  startedAt: string;
  /** Since the process started, in seconds. Like `memory` and `connections`, only while it runs. */
  uptime?: number;
  /** Of all its processes, in bytes; shared memory counts once. */
  memory?: number;
  /** Established connections to its address. */
  connections?: number;
  log: string;
  /** The systemd unit or the container that it runs as, and how often that was restarted. */
  unit?: string;
  container?: string;
  restarts?: number;
}

export interface NginxStatus {
  running: boolean;
  pid?: number;
  conf: string;
  workers: number;
  /** Workers that finish the requests of an earlier configuration. */
  oldWorkers: number;
  /** When zdd last started or reloaded it; ISO 8601. */
  since?: string;
  /** When its present workers were started, whoever reloaded it; ISO 8601. */
  loadedAt?: string;
}

/** Finds out what runs of a deploy.conf. */
export function status(project: Project): Status {
  const { config, nginx } = project;
  const directory = new StateDir(config.stateDir);
  const { state, damaged } = readState(directory);
  const notes: string[] = [];
  if (damaged !== undefined) {
    notes.push(`"${directory.state}" is damaged: ${damaged}`);
  }
  if (exists(directory.journal)) {
    notes.push(
      "a deploy is running, or was killed; the next run of zddeploy repairs that",
    );
  }
  if (new LiveLinks(config.stateDir).read(HOLD) !== undefined) {
    notes.push("requests are held, by a pause that runs or has died");
  }
  const services = config.services.map((service): ServiceStatus => {
    const known = state.services[service.name];
    const as = (state: InstanceState) => (instance: Instance) =>
      instanceStatus(instance, state);
    const percent = known?.canary?.percent;
    return {
      name: service.name,
      instances: [
        ...currentOf(service, known).map(as("serving")),
        ...(known?.canary?.instances ?? []).map(as("canary"))
          .map((instance) => ({ ...instance, percent })),
        ...(known?.standby ?? []).map(as("standby")),
        ...(known?.retiring ?? []).map(({ instance }) => instance)
          .filter((instance) => !isGone(instance)).map(as("stopping")),
      ],
    };
  });
  const { watch } = state;
  if (watch !== undefined) {
    notes.push(
      isRunning(watch.by)
        ? `process ${watch.by.pid} watches the release of ${watch.since}`
        : `the watch of the release of ${watch.since} has died; zddeploy ` +
          "promote keeps the release, zddeploy abort takes it back",
    );
  }
  notes.push(...notesOnFormer(config, state));
  if (!runsAsDeployed(project, state.nginx)) {
    notes.push(
      `nginx was reloaded with a different "${config.nginx.rendered}"; ` +
        "zddeploy start reloads it",
    );
  }
  const deaf = services.flatMap(({ instances }) => instances.filter(isDeaf));
  for (const { pid, address } of deaf) {
    notes.push(
      `nothing listens on ${address} any more, although ${pid} runs; ` +
        "zddeploy deploy replaces it",
    );
  }
  const master = nginx.master();
  const workers = workersOf(master);
  const taking = workers.filter((worker) => !worker.shuttingDown);
  return {
    ok: master !== undefined && deaf.length === 0 &&
      services.every(({ instances }) =>
        instances.length > 0 &&
        instances.every((instance) => instance.state !== "dead")
      ),
    services,
    maintenance: maintenanceOf(state),
    nginx: {
      running: master !== undefined,
      pid: master?.pid,
      conf: config.nginx.conf,
      workers: taking.length,
      oldWorkers: workers.length - taking.length,
      since: state.nginx?.since,
      loadedAt: oldest(taking.map(({ process }) => process)),
    },
    notes,
  };
}

function maintenanceOf({ maintenance }: State): MaintenanceStatus | undefined {
  if (maintenance === undefined) return undefined;
  const { since, allowed, retryAfter } = maintenance;
  return { since, allowed, retryAfter };
}

/** Whether an instance gets requests but no longer listens, or has lost the path of its socket. */
function isDeaf({ state, address, pid }: InstanceStatus): boolean {
  const parsed = addressOf({ address, process: { pid } });
  return (state === "serving" || state === "canary") && parsed !== undefined &&
    listeningInodes(parsed).length === 0;
}

/** When the first of some processes started. A worker that replaced a crashed one is younger. */
function oldest(processes: ProcessId[]): string | undefined {
  const times = processes.flatMap(({ pid }) => startedAt(pid) ?? []);
  return times.length === 0
    ? undefined
    : new Date(Math.min(...times)).toISOString();
}

/** The present state, including running instances that aren't recorded. Empty except on Linux. */
export function presentState({ config }: Project): State {
  if (!IS_LINUX) return EMPTY_STATE;
  const { state } = readState(new StateDir(config.stateDir));
  return config.services.reduce((next, service) => {
    const own = stateOf(next, service.name);
    const current = currentOf(service, own);
    return withService(next, service.name, { ...own, current });
  }, state);
}

/** The serving instances, from the state or found; if there are none, the dead ones of the state. */
function currentOf(
  service: ServiceConfig,
  known?: ServiceState,
): readonly Instance[] {
  const current = known?.current ?? [];
  if (current.some(isAlive)) return current;
  const found = findRunning(service);
  return found.length > 0 ? found : current;
}

function instanceStatus(
  instance: Instance,
  state: InstanceState,
): InstanceStatus {
  const present = follow(instance);
  const { id, process: { pid }, address, release, log } = present ?? instance;
  const known = {
    id,
    pid,
    address,
    release,
    startedAt: instance.startedAt,
    log,
    ...supervisionOf(instance),
  };
  if (present === undefined && (state !== "stopping" || isGone(instance))) {
    return { state: "dead", ...known };
  }
  const parsed = addressOf({ address, process: { pid } });
  return {
    state,
    ...known,
    uptime: Math.round((Date.now() - (startedAt(pid) ?? Date.now())) / 1000),
    memory: memoryOf(instance),
    connections: parsed && openConnections(parsed),
  };
}

function supervisionOf(
  instance: Instance,
): Pick<InstanceStatus, "unit" | "container" | "restarts"> {
  const runner = runnerOf(instance);
  const restarts = runner.restarts?.(instance);
  return restarts === undefined
    ? {}
    : { ...runner.nameOf?.(instance), restarts };
}
