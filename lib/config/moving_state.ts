import { basename, dirname, join } from "@std/path";
import { isDirectory, realPath } from "../system/files.ts";
import type { Config } from "./config.ts";
import type { ConfSection } from "./section.ts";

/**
 * Rejects a `state_dir` in a release directory: the next release has another directory, so
 * the serving instance would be forgotten. Release directories are in a directory named
 * `releases`, or a link named `current` points to them (Capistrano, Deployer).
 */
export function refuseMovingState(
  deploy: ConfSection<"deploy">,
  { directory, stateDir }: Config,
): void {
  const real = realPath(directory);
  const release = /^.*\/releases\/[^/]+(?=\/|$)/.exec(real)?.[0] ??
    (real !== directory && /\/current(\/|$)/.test(directory)
      ? real
      : undefined);
  if (release === undefined) return;
  // The directory may not exist yet.
  const state = isDirectory(stateDir)
    ? realPath(stateDir)
    : join(realPath(dirname(stateDir)), basename(stateDir));
  if (!`${state}/`.startsWith(`${release}/`)) return;
  const [, root = ""] =
    [directory, real].map((path) =>
      /^(.*)\/(?:releases|current)(?:\/|$)/.exec(path)
    ).find((match) => match !== null) ?? [];
  deploy.reject(
    "state_dir",
    "a directory outside of the release, such as " +
      join(root, "shared/zdd"),
    stateDir,
  );
}
