import type { ServiceConfig } from "../../config/config.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { memoryOfGroup, pidsInGroup } from "../../system/cgroups.ts";
import {
  askEngine,
  type Container,
  type EngineName,
  inspect,
  inspectNow,
  programOf,
  requireSuccess,
} from "../../system/container_engine.ts";
import { discard } from "../../system/files.ts";
import { identify, isRunning, type ProcessId } from "../../system/process.ts";
import { groupOfProcess } from "../../system/service_manager.ts";
import type { Instance } from "../instance.ts";
import type { Plan } from "../plan.ts";
import {
  containerName,
  creationOf,
  discardEnvironments,
  environmentFile,
} from "./container_create.ts";
import { fetchImages, removeImages } from "./container_image.ts";
import {
  fixedAddress,
  isAddressRefused,
  makeOwnNetwork,
  networkName,
  requireHost,
} from "./container_network.ts";
import {
  handleOf,
  labelsOf,
  leftovers,
  ownContainers,
  readHandle,
  removeContainer,
} from "./container_ownership.ts";
import type {
  Begun,
  Log,
  Ran,
  Recognized,
  Runner,
  StopCommand,
  StopConfig,
  Tell,
} from "./runner.ts";

/**
 * Docker or Podman: a container an instance. Its first process is the instance's, as this
 * host sees it; the handle is its id and its control group.
 */
export function containerRunner(engine: EngineName): Runner {
  return {
    name: engine,
    isApart: true,

    takes: ({ container }: ServiceConfig) => container === engine,

    require: (services) => requireEngine(engine, services),

    async prepare(plans: readonly Plan[], tell: Tell, signal?: AbortSignal) {
      await fetchImages(engine, plans, tell, signal);
      const isOwn = plans.some(({ service }) => service.network === undefined);
      if (isOwn) await makeOwnNetwork(engine);
    },

    begin: (plan: Plan) => begin(engine, plan),

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
          // journalctl has a sign where an engine has none.
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
      exited: stop(engine, how, instance),
    }),

    async tidy(stateDir: string, known: ReadonlySet<string>): Promise<void> {
      for (const container of await leftovers(engine, stateDir, known)) {
        await removeContainer(engine, container);
      }
      discardEnvironments(stateDir, known);
    },

    prune: (services, releases, tell) =>
      removeImages(engine, services, releases, tell),

    async kill(instance: Ran): Promise<void> {
      for (const container of await ownContainers(engine, instance)) {
        await removeContainer(engine, container);
      }
    },
  };
}

/** How often it is looked whether a first process has ended, in ms. */
const LOOK = 25;
/** How long an engine may take to notice that, in ms. */
const NOTICE = 5000;
/** How long zdd stays for a container's end at most, in ms, if nothing else holds it. */
const STOPPING = 90_000;
/** How much longer than zdd an engine waits until it kills, in seconds. */
const GRACE = 5;
/** How long it waits where nothing is to be killed, in seconds: ten years. */
const FOREVER = 315_360_000;
/** How many of the last lines are read of what a container has printed. */
const LINES = 2000;

function requireEngine(engine: EngineName, services: ServiceConfig[]): void {
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
  const remote = services.find(({ port }) => port === "container");
  if (engine === "podman" && Deno.uid() !== 0 && remote !== undefined) {
    throw new ZddError(
      `Cannot run ${remote.name}: without root, Podman gives a container no ` +
        "address that nginx could reach",
      {
        hint: 'use "network: host", where it listens on PORT',
        exitStatus: ExitStatus.usage,
      },
    );
  }
}

async function begin(engine: EngineName, plan: Plan): Promise<Begun> {
  const { id: instance, service, image, log } = plan;
  const made = await create(engine, plan).catch(async (error) => {
    for (const one of await ownContainers(engine, { id: instance, log })) {
      await removeContainer(engine, one);
    }
    throw error;
  });
  const { id, pid, addresses } = made;
  const leader = identify(pid);
  const network = networkName(service.network);
  const host = addresses.get(network) ||
    [...addresses.values()].find((address) => address !== "");
  const { containerPort } = service;
  const isThere = containerPort !== undefined && leader !== undefined;
  if (isThere) requireHost(host, service.name);
  const source = `${engine} logs ${containerName(plan)}`;
  return {
    leader: leader ?? { pid: 2, startTime: 0, boot: "" }, // it has ended
    handle: handleOf(id, leader && groupOf(leader.pid, id)),
    name: `the container of ${image}`,
    isWhole: true,
    address: isThere && host
      ? { host, port: containerPort, network: leader.pid }
      : undefined,
    exited: exitOf(engine, id, leader),
    output: () => printed(engine, id),
    log: source,
    source,
  };
}

/**
 * Makes a container and starts it. Where the engine wants to choose its address, it does.
 *
 * @throws {ZddError} with the engine's words, if it can't; the container may be there.
 */
async function create(engine: EngineName, plan: Plan): Promise<Container> {
  const { id: instance, service, image, log } = plan;
  const network = networkName(service.network);
  const what = `${service.name} didn't start: ${engine} can't run ${image}`;
  let fixed = network === "host"
    ? undefined
    : await fixedAddress(engine, network);
  for (;;) {
    const where = fixed === undefined ? [] : ["--ip", fixed];
    const creation = creationOf(engine, plan, labelsOf(plan), [
      ...["--network", network === "bridge" ? defaultOf(engine) : network],
      ...where,
    ]);
    let answer = await askEngine(engine, creation.args, { env: creation.env });
    discard(environmentFile(service.stateDir, instance));
    const id = answer.text.trim().split("\n").at(-1) ?? "";
    if (answer.success) answer = await askEngine(engine, ["start", id]);
    const made = answer.success ? await inspect(engine, id) : undefined;
    if (made !== undefined) return made;
    if (fixed === undefined || !isAddressRefused(answer.words)) {
      requireSuccess(engine, { ...answer, success: false }, what);
    }
    for (const one of await ownContainers(engine, { id: instance, log })) {
      await removeContainer(engine, one);
    }
    fixed = undefined;
  }
}

function defaultOf(engine: EngineName): string {
  return engine === "podman" ? "podman" : "bridge";
}

/** The control group that a container has to itself; undefined if it has none. */
function groupOf(pid: number, id: string): string | undefined {
  const parts = (groupOfProcess(pid) ?? "").split("/");
  const own = parts.findIndex((part) => part.includes(id));
  return own < 0 ? undefined : parts.slice(0, own + 1).join("/");
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
  if (told?.labels.get("dev.zdd.instance") !== instance) return undefined;
  const host = [...told.addresses.values()].find((address) => address !== "");
  return { handle: handleOf(id, groupOf(pid, id)), host };
}

/** The exit status of a container's first process; 1 if the engine has started another. */
async function exitOf(
  engine: EngineName,
  id: string,
  leader: ProcessId | undefined,
): Promise<number> {
  while (leader !== undefined && isRunning(leader)) await pause();
  let told: Container | undefined;
  const end = performance.now() + NOTICE;
  do {
    told = await inspect(engine, id);
    if (told === undefined) return 1;
    if (told.pid !== leader?.pid) break;
    await pause();
  } while (performance.now() < end);
  const isAgain = told.running || told.restarts > 0;
  return told.exitCode || (isAgain ? 1 : 0);
}

/** zdd doesn't stay for this. */
async function pause(): Promise<void> {
  await new Promise<void>((resolve) =>
    Deno.unrefTimer(setTimeout(resolve, LOOK))
  );
}

async function printed(engine: EngineName, id: string): Promise<string[]> {
  const { text, words } = await askEngine(engine, [
    ...["logs", "--tail", String(LINES), id],
  ]);
  // In which order they came, nobody can tell any more.
  return [text, words].flatMap((part) => part.trimEnd().split("\n"))
    .filter((line) => line !== "");
}

async function stop(
  engine: EngineName,
  { stopTimeout, killAfter }: StopConfig,
  instance: Instance,
): Promise<number> {
  const seconds = killAfter === undefined
    ? FOREVER
    : Math.ceil(killAfter / 1000) + GRACE;
  const timeout = 2 * Math.max(stopTimeout, killAfter ?? STOPPING);
  let status = 0;
  for (const container of await ownContainers(engine, instance)) {
    const { success } = await askEngine(
      engine,
      ["stop", "-t", String(seconds), container.id],
      { timeout },
    );
    if (!success) status = 1;
    const hasEnded = success ||
      !(await inspect(engine, container.id))?.running;
    if (hasEnded) await removeContainer(engine, container);
  }
  return status;
}
