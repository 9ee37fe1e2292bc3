import {
  askEngine,
  type Container,
  type EngineName,
  inspect,
  requireSuccess,
} from "../../system/container_engine.ts";
import { discard } from "../../system/files.ts";
import { identify, isRunning, type ProcessId } from "../../system/process.ts";
import type { Plan } from "../plan.ts";
import { containerName, creationOf } from "./container_create.ts";
import {
  fixedAddress,
  isAddressRefused,
  networkName,
  requireHost,
} from "./container_network.ts";
import { environmentFile } from "./environment_file.ts";
import {
  groupOf,
  handleOf,
  labelsOf,
  ownContainers,
  removeContainer,
} from "./container_ownership.ts";
import { killContainers } from "./container_stop.ts";
import type { Begun } from "./runner.ts";

/** How often to check whether a first process has ended, in ms. */
const LOOK = 25;
/** How long an engine may take to notice that, in ms. */
const NOTICE = 5000;
/** How many of the last lines of a container's output are read. */
const LINES = 2000;

/**
 * Creates an instance's container and starts it.
 *
 * @throws {ZddError} with the engine's message, if that fails. No container is left then.
 */
export async function beginContainer(
  engine: EngineName,
  plan: Plan,
): Promise<Begun> {
  const { id: instance, service, image, log } = plan;
  const made = await create(engine, plan).catch(async (error) => {
    await killContainers(engine, { id: instance, log });
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
 * Creates a container and starts it. If the engine refuses the address, the engine chooses.
 *
 * @throws {ZddError} with the engine's message, if that fails. A container may be left.
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
    try {
      told = await inspect(engine, id);
      if (told === undefined) return 1;
      if (told.pid !== leader?.pid) break;
    } catch { /* the engine itself may be restarting */ }
    await pause();
  } while (performance.now() < end);
  if (told === undefined) return 1;
  const isAgain = told.running || told.restarts > 0;
  return told.exitCode || (isAgain ? 1 : 0);
}

/** Waits without keeping zdd running. */
async function pause(): Promise<void> {
  await new Promise<void>((resolve) =>
    Deno.unrefTimer(setTimeout(resolve, LOOK))
  );
}

async function printed(engine: EngineName, id: string): Promise<string[]> {
  const { text, words } = await askEngine(engine, [
    ...["logs", "--tail", String(LINES), id],
  ]);
  // The order of the two streams is lost.
  return [text, words].flatMap((part) => part.trimEnd().split("\n"))
    .filter((line) => line !== "");
}
