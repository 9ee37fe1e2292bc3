import { formatDuration } from "../text/duration.ts";
import type { DryRunResult } from "../deploy/change/dry_run.ts";

/** What a deploy would do: one line for each service, and one for nginx. */
export function formatDryRun(
  { changed, services, nginx, pause, shares, watch, warnings }: DryRunResult,
): string {
  return [
    ...services.map(({ name, starts, replaces, stops, why }) => {
      if (why !== undefined) return `${name}: nothing to do: ${why}`;
      const count = starts === 1 ? "1 instance" : `${starts} instances`;
      const then = replaces.length > 0
        ? ` to replace ${replaces.join(", ")}`
        : "";
      const last = stops.length > 0 ? `, and stop ${stops.join(", ")}` : "";
      return `${name}: would start ${count}${then}${last}`;
    }),
    `nginx: ${NGINX[nginx.action]}`,
    ...pause === undefined
      ? []
      : [`zdd: would hold requests and run "${pause}"`],
    ...canary(shares, watch),
    ...warnings.map((warning) => `warning: ${warning}`),
    changed ? "nothing was done: it was a dry run" : "nothing to do",
  ].join("\n");
}

/** What would be done with a canary or a watch. */
function canary(shares?: readonly number[], watch?: number): string[] {
  const time = watch === undefined ? undefined : formatDuration(watch);
  if (shares === undefined) {
    return time === undefined
      ? []
      : [`zdd: would watch the release for ${time}`];
  }
  const list = shares.map((percent) => `${percent} %`).join(", then ");
  const then = time === undefined
    ? ""
    : `, watch each share for ${time}, and then give it all`;
  return [`zdd: would give the release ${list} of the requests${then}`];
}

const NGINX: Record<DryRunResult["nginx"]["action"], string> = {
  started: "would be started",
  reloaded: "would be reloaded",
  switched: "wouldn't be reloaded; live links would be moved",
  unchanged: "would stay as it is",
};
