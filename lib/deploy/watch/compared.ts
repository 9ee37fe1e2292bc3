import { join } from "@std/path";
import {
  type Config,
  isWorker,
  type ServiceConfig,
  stopsFirst,
} from "../../config/config.ts";
import { ExitStatus, ZddError } from "../../error.ts";
import { isAlive } from "../../instance/processes.ts";
import { watchPlaces } from "../../live/watch_lines.ts";
import { type State, stateOf } from "../../state/state.ts";
import { readIfExists } from "../../system/files.ts";
import { presentState } from "../look/status.ts";
import type { Project } from "../read.ts";
import { render } from "../render.ts";

/**
 * The services whose answers a watch compares with those of the serving release; undefined if
 * none serves.
 *
 * @throws {ZddError} with exit status 2, if nginx can't log any of them.
 */
export function comparedServices(
  project: Project,
  chosen: readonly ServiceConfig[],
  state: State,
): string[] | undefined {
  if (!chosen.some((service) => canGoBack(service, state))) return undefined;
  if (chosen.every(isWorker)) return []; // they get no requests, but they may end
  return requireWatchable(project, chosen.map(({ name }) => name));
}

/** How long a release is watched, in ms: as asked for, or else as in deploy.conf; 0 for no watch. */
export function watchTime(
  { watch: usual = 0 }: Pick<Config, "watch">,
  { watch, pause }: { watch?: number; pause?: unknown },
): number {
  // After a pause, the previous release may not work any more.
  return watch ?? (pause === undefined ? usual : 0);
}

/** @throws {ZddError} with exit status 2, if there are several shares and no watch between them. */
export function requireStepsWatched(
  shares: readonly number[] = [],
  time: number,
): void {
  if (shares.length < 2 || time > 0) return;
  throw new ZddError("Several shares need --watch", {
    hint: "for example: --canary 5,25,50 --watch 1m",
    exitStatus: ExitStatus.usage,
  });
}

/** Whether the current release of a service runs and can be kept beside the next one. */
function canGoBack(service: ServiceConfig, state: State): boolean {
  return !stopsFirst(service) &&
    stateOf(state, service.name).current.some(isAlive);
}

/**
 * The services whose answers nginx can log.
 *
 * @throws {ZddError} with exit status 2, if there are none.
 */
function requireWatchable(
  project: Project,
  services: readonly string[],
): string[] {
  const { live, watched } = render(project, presentState(project));
  const compared = services.filter((name) => watched.includes(name));
  if (compared.length > 0) return compared;
  const name = services[0] ?? "";
  throw new ZddError(
    live.includes(name)
      ? `${name} cannot be watched: nginx cannot log what it answers`
      : `${name} cannot be watched: the template doesn't switch it live`,
    {
      hint: live.includes(name)
        ? `use <%= it.live.choose("${name}") %> in the server, and no ` +
          "access_log off in the location"
        : `use <%= it.live.pass("${name}") %> in the location`,
      exitStatus: ExitStatus.usage,
    },
  );
}

/** Whether the configuration of the running nginx has the log that a watch reads. */
export function isLogged({ config, nginx }: Project): boolean {
  const conf = readIfExists(config.nginx.rendered) ?? "";
  return nginx.master() !== undefined &&
    conf.includes(watchPlaces(join(config.stateDir, "live")).log);
}
