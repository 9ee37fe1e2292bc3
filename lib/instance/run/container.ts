import type { ServiceConfig } from "../../config/config.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { memoryOfGroup, pidsInGroup } from "../../system/cgroups.ts";
import {
  askEngine,
  type EngineName,
  inspectNow,
  programOf,
} from "../../system/container_engine.ts";
import { identify, type ProcessId } from "../../system/process.ts";
import {
  groupOfProcess,
  hasServiceManager,
  lingers,
} from "../../system/service_manager.ts";
import { nameOfUser } from "../../system/users.ts";
import type { Instance } from "../instance.ts";
import type { Plan } from "../plan.ts";
import { beginContainer } from "./container_begin.ts";
import { discardEnvironments } from "./container_create.ts";
import { fetchImages, removeImages } from "./container_image.ts";
import { makeOwnNetwork } from "./container_network.ts";
import {
  groupOf,
  handleOf,
  isOf,
  leftovers,
  readHandle,
  removeContainer,
} from "./container_ownership.ts";
import { killContainers, stopContainers } from "./container_stop.ts";
import type {
  Log,
  Ran,
  Recognized,
  Runner,
  StopCommand,
  StopConfig,
  Tell,
} from "./runner.ts";

/**
 * Docker or Podman: one container per instance. The instance's process is the container's
 * first process, as seen by the host. The handle is the container's id and control group.
 */
export function containerRunner(engine: EngineName): Runner {
  return {
    name: engine,
    isApart: true,

    takes: ({ container }: ServiceConfig) => container === engine,

    require: () => requireEngine(engine),

    async prepare(plans: readonly Plan[], tell: Tell, signal?: AbortSignal) {
      await requireReach(engine, plans.map(({ service }) => service));
      await fetchImages(engine, plans, tell, signal);
      const isOwn = plans.some(({ service }) => service.network === undefined);
      if (isOwn) await makeOwnNetwork(engine);
    },

    begin: (plan: Plan) => beginContainer(engine, plan),

    processes({ handle }: Ran): ProcessId[] {
      const { group } = readHandle(handle);
      if (group === undefined) return [];
      return pidsInGroup(group).flatMap((pid) => identify(pid) ?? []);
    },

    log({ log, handle }: Ran): Log {
      const { id } = readHandle(handle);
      if (id === undefined) return { file: log };
      return {
        both: true,
        command: (lines, follow, since) => [
          ...[engine, "logs", "--tail", String(lines)],
          ...follow ? ["--follow"] : [],
          // journalctl needs a minus sign, an engine doesn't accept one.
          ...since === undefined ? [] : ["--since", since.replace(/^-/, "")],
          id,
        ],
      };
    },

    nameOf({ handle }: Ran) {
      const { id } = readHandle(handle);
      return id === undefined ? {} : { container: id.slice(0, 12) };
    },

    recognize: (id, process) => recognize(engine, id, process),

    restarts({ handle }: Ran): number | undefined {
      const { id } = readHandle(handle);
      return id === undefined ? undefined : inspectNow(engine, id)?.restarts;
    },

    memory({ handle }: Ran): number | undefined {
      const { group } = readHandle(handle);
      return group === undefined ? undefined : memoryOfGroup(group);
    },

    stop: (how: StopConfig, instance: Instance): StopCommand => ({
      exited: stopContainers(engine, how, instance),
    }),

    async tidy(stateDir: string, known: ReadonlySet<string>): Promise<void> {
      for (const container of await leftovers(engine, stateDir, known)) {
        await removeContainer(engine, container);
      }
      discardEnvironments(stateDir, known);
    },

    prune: (services, releases, tell) =>
      removeImages(engine, services, releases, tell),

    kill: (instance: Ran) => killContainers(engine, instance),
  };
}

function requireEngine(engine: EngineName): void {
  if (programOf(engine) === undefined) {
    throw new ZddError(
      `Cannot use "container: ${engine}": it isn't installed`,
      {
        hint: engine === "docker"
          ? "apt-get install docker.io, or see docs.docker.com/engine/install"
          : "apt-get install podman",
        exitStatus: ExitStatus.usage,
      },
    );
  }
  const uid = Deno.uid() ?? 0;
  if (engine === "podman" && uid !== 0) requireLinger(uid);
}

/**
 * The host can't reach the network of a rootless engine. And with root's engine, other
 * users can't see which process has a port of the host.
 *
 * @throws {ZddError} with exit status 2, if nginx couldn't reach one of the services.
 */
async function requireReach(
  engine: EngineName,
  services: ServiceConfig[],
): Promise<void> {
  if (Deno.uid() === 0) return;
  const isOwn = engine === "podman" ||
    (await askEngine(engine, ["info", "--format", "{{.SecurityOptions}}"]))
      .text.includes("rootless");
  const wrong = services.find(({ port }) =>
    port === (isOwn ? "container" : "env")
  );
  if (wrong === undefined) return;
  const { name } = wrong;
  throw new ZddError(
    isOwn
      ? `Cannot run ${name}: without root, ${engine} gives a container no ` +
        "address that nginx could reach"
      : `Cannot run ${name}: only root can see which container has a port of ` +
        "the host",
    {
      hint: isOwn
        ? 'use "network: host", where it listens on PORT'
        : 'use "container_port" instead of "network: host"',
      exitStatus: ExitStatus.usage,
    },
  );
}

/** Without root, each user has their own Podman, and containers are processes of that user. */
function requireLinger(uid: number): void {
  const user = nameOfUser(uid);
  if (!hasServiceManager() || lingers(user)) return;
  throw new ZddError(
    `Cannot use "container: podman": containers of ${user} end at logout`,
    {
      hint: `run "sudo loginctl enable-linger ${user}" once`,
      exitStatus: ExitStatus.usage,
    },
  );
}

function recognize(
  engine: EngineName,
  instance: string,
  { pid }: ProcessId,
): Recognized | undefined {
  const group = groupOfProcess(pid) ?? "";
  const id = /[0-9a-f]{64}/.exec(group)?.[0];
  const isPodmans = group.includes("libpod");
  if (id === undefined || isPodmans !== (engine === "podman")) return undefined;
  const told = inspectNow(engine, id);
  if (told === undefined || !isOf(told, instance)) return undefined;
  const host = [...told.addresses.values()].find((address) => address !== "");
  return { handle: handleOf(id, groupOf(pid, id)), host };
}
