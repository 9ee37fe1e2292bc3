import { basename, dirname, join } from "@std/path";
import { isDirectory, realPath } from "../system/files.ts";
import type { Config } from "./config.ts";
import type { ConfSection } from "./section.ts";

/**
 * A release directory is left behind by the next release, and with it a state that lies
 * in there: the instance that serves would be forgotten. Such directories lie in one named
 * `releases`, or are reached through a link named `current` (Capistrano, Deployer).
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
  // It may not be there yet.
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
