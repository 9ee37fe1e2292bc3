import {
  askEngine,
  type EngineName,
  requireSuccess,
} from "../../system/container_engine.ts";
import type { ServiceConfig } from "../../config/config.ts";
import { imageOf, type Plan } from "../plan.ts";
import type { Tell } from "./runner.ts";

/**
 * Pulls missing images of some plans.
 *
 * @throws {ZddError} with the engine's message, if one can't be pulled.
 */
export async function fetchImages(
  engine: EngineName,
  plans: readonly Plan[],
  tell: Tell,
  signal?: AbortSignal,
): Promise<void> {
  const images = new Map<string, string>();
  for (const { image = "", service: { name } } of plans) {
    images.set(image, name);
  }
  for (const [image, service] of images) {
    const inspect = ["image", "inspect", "--format", "{{.Id}}", image];
    if ((await askEngine(engine, inspect)).success) continue;
    const begin = performance.now();
    tell(service, `pulling ${image}`);
    const pulled = await askEngine(engine, ["pull", "--quiet", image], {
      timeout: Infinity,
      signal,
    });
    signal?.throwIfAborted();
    requireSuccess(engine, pulled, `Cannot pull ${image} for ${service}`);
    tell(service, `pulled ${image}`, performance.now() - begin);
  }
}

/**
 * Removes the images of some releases, except those that a container uses.
 *
 * @param tell called for each image that existed, with the reason if it wasn't removed
 */
export async function removeImages(
  engine: EngineName,
  services: readonly Pick<ServiceConfig, "image">[],
  releases: readonly string[],
  tell: (image: string, problem?: string) => void,
): Promise<void> {
  const images = services.flatMap(({ image = "" }) =>
    image.includes("{release}")
      ? releases.map((release) => imageOf(image, release))
      : []
  ).filter((image) => !image.startsWith("-"));
  for (const image of new Set(images)) {
    const inspect = ["image", "inspect", "--format", "{{.Id}}", image];
    if (!(await askEngine(engine, inspect)).success) continue;
    const { success, words } = await askEngine(engine, ["rmi", image]);
    tell(image, success ? undefined : words.trim().split("\n").at(-1));
  }
}
