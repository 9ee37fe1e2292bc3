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

// A container's labels say which instance it is. They can't be changed after its creation.
// zdd only ends and removes containers with the label of the instance.

/** The label with the instance's id. */
const INSTANCE = "dev.zdd.instance";
/** The label with the state directory. */
const STATE_DIR = "dev.zdd.state-dir";

/** The labels of a new container. */
export function labelsOf({ id, service }: Plan): string[] {
  return [
    `${INSTANCE}=${id}`,
    `${STATE_DIR}=${service.stateDir}`,
    `dev.zdd.service=${service.name}`,
  ];
}

/** The handle for a container and its own control group, if it has one. */
export function handleOf(id: string, group?: string): string {
  return group === undefined ? id : `${id} ${group}`;
}

/** A container's own control group; undefined if it has none. */
export function groupOf(pid: number, id: string): string | undefined {
  const parts = (groupOfProcess(pid) ?? "").split("/");
  const own = parts.findIndex((part) => part.includes(id));
  return own < 0 ? undefined : parts.slice(0, own + 1).join("/");
}

/** Whether a container belongs to an instance. */
export function isOf({ labels }: Container, instance: string): boolean {
  return labels.get(INSTANCE) === instance;
}

/** Parses a handle; empty if it isn't valid. */
export function readHandle(
  handle = "",
): { id?: string; group?: string } {
  const [id = "", ...group] = handle.split(" ");
  if (!isContainerId(id)) return {};
  const path = group.join(" ");
  return path.includes(id) ? { id, group: path } : { id };
}

/**
 * The containers of an instance: the recorded one, or all that were created for it if none
 * is recorded yet.
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

/** The containers of a state directory that have ended and aren't in the state. */
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

/** Kills all processes of a container, and removes it with its anonymous volumes. */
export async function removeContainer(
  engine: EngineName,
  { id, labels }: Pick<Container, "id" | "labels">,
): Promise<void> {
  const { success } = await askEngine(engine, [
    ...["rm", "--force", "--volumes"],
    ...engine === "podman" ? ["--time", "0"] : [], // otherwise it waits for ten seconds
    id,
  ]);
  // It may already be being removed.
  const gone = async () =>
    await inspect(engine, id) === undefined ? true : undefined;
  if (!success) await waitUntil(gone, { timeout: REMOVAL });
  const [instance, stateDir] = [labels.get(INSTANCE), labels.get(STATE_DIR)];
  if (instance === undefined || stateDir === undefined) return;
  discard(environmentFile(stateDir, instance));
}
