import {
  askEngine,
  type Container,
  containersWith,
  type EngineName,
  inspect,
  isContainerId,
} from "../../system/container_engine.ts";
import { groupOfProcess } from "../../system/service_manager.ts";
import { discard } from "../../system/files.ts";
import { waitUntil } from "../../system/wait.ts";
import type { Plan } from "../plan.ts";
import { environmentFile } from "./environment_file.ts";
import type { Ran } from "./runner.ts";

// Whose a container is, its labels tell, which nobody can change once it was made. zdd ends
// and removes none but those that have the label of the instance.

/** The id of the instance that a container is. */
const INSTANCE = "dev.zdd.instance";
/** The state directory of the deploy.conf that it is of. */
const STATE_DIR = "dev.zdd.state-dir";

/** The labels of a new container. */
export function labelsOf({ id, service }: Plan): string[] {
  return [
    `${INSTANCE}=${id}`,
    `${STATE_DIR}=${service.stateDir}`,
    `dev.zdd.service=${service.name}`,
  ];
}

/** How a handle names a container and its control group, if it has one of its own. */
export function handleOf(id: string, group?: string): string {
  return group === undefined ? id : `${id} ${group}`;
}

/** The control group that a container has to itself; undefined if it has none. */
export function groupOf(pid: number, id: string): string | undefined {
  const parts = (groupOfProcess(pid) ?? "").split("/");
  const own = parts.findIndex((part) => part.includes(id));
  return own < 0 ? undefined : parts.slice(0, own + 1).join("/");
}

/** Whether a container is that of an instance. */
export function isOf({ labels }: Container, instance: string): boolean {
  return labels.get(INSTANCE) === instance;
}

/** What a handle says; nothing, if no zdd has written it. */
export function readHandle(
  handle = "",
): { id?: string; group?: string } {
  const [id = "", ...group] = handle.split(" ");
  if (!isContainerId(id)) return {};
  const path = group.join(" ");
  return path.includes(id) ? { id, group: path } : { id };
}

/**
 * The containers of an instance: the recorded one or, of one that was just begun, those
 * that were made for it.
 */
export async function ownContainers(
  engine: EngineName,
  { id, handle }: Ran,
): Promise<Container[]> {
  const recorded = readHandle(handle).id;
  const ids = recorded === undefined
    ? await containersWith(engine, `${INSTANCE}=${id}`)
    : [recorded];
  const found = await Promise.all(ids.map((id) => inspect(engine, id)));
  return found.filter((container) => container !== undefined)
    .filter((container) => isOf(container, id));
}

/** Those of a state directory that have ended and that the state doesn't know. */
export async function leftovers(
  engine: EngineName,
  stateDir: string,
  known: ReadonlySet<string>,
): Promise<Container[]> {
  const ids = await containersWith(engine, `${STATE_DIR}=${stateDir}`);
  const found = await Promise.all(ids.map((id) => inspect(engine, id)));
  return found.filter((container) => container !== undefined)
    .filter(({ labels, running }) =>
      !running && labels.get(STATE_DIR) === stateDir &&
      !known.has(labels.get(INSTANCE) ?? "")
    );
}

/** How long an engine may take to remove a container, in ms. */
const REMOVAL = 10_000;

/** Kills whatever a container has, and removes it, with the volumes that have no name. */
export async function removeContainer(
  engine: EngineName,
  { id, labels }: Pick<Container, "id" | "labels">,
): Promise<void> {
  const { success } = await askEngine(engine, [
    ...["rm", "--force", "--volumes"],
    ...engine === "podman" ? ["--time", "0"] : [], // else it waits for ten seconds
    id,
  ]);
  // It may be about to be removed already.
  const gone = async () =>
    await inspect(engine, id) === undefined ? true : undefined;
  if (!success) await waitUntil(gone, { timeout: REMOVAL });
  const [instance, stateDir] = [labels.get(INSTANCE), labels.get(STATE_DIR)];
  if (instance === undefined || stateDir === undefined) return;
  discard(environmentFile(stateDir, instance));
}
