import { formatDuration } from "../text/duration.ts";
import type { DryRunResult } from "../deploy/change/dry_run.ts";

/** What a deploy would do: one line for each service, and one for nginx. */
export function formatDryRun(
  { changed, services, nginx, pause, watch, warnings }: DryRunResult,
): string {
  return [
    ...services.map(({ name, starts, replaces, stops, why }) => {
      if (why !== undefined) return `${name}: nothing to do: ${why}`;
      const count = starts === 1 ? "1 instance" : `${starts} instances`;
      const then = replaces.length > 0
        ? ` in the place of ${replaces.join(", ")}`
        : "";
      const last = stops.length > 0 ? `, and stop ${stops.join(", ")}` : "";
      return `${name}: would start ${count}${then}${last}`;
    }),
    `nginx: ${NGINX[nginx.action]}`,
    ...pause === undefined
      ? []
      : [`zdd: would hold requests and run "${pause}"`],
    ...watch === undefined
      ? []
      : [`zdd: would watch the release for ${formatDuration(watch)}`],
    ...warnings.map((warning) => `warning: ${warning}`),
    changed ? "nothing was done: it was a dry run" : "nothing to do",
  ].join("\n");
}

const NGINX: Record<DryRunResult["nginx"]["action"], string> = {
  started: "would be started",
  reloaded: "would be reloaded",
  switched: "wouldn't be reloaded; live links would be moved",
  unchanged: "would stay as it is",
};
