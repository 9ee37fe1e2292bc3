// The imports of commands that change which instances serve, or check whether they could. See
// looking.ts for why it is one module.

export { formatDryRun } from "../cli/dry_run_text.ts";
export { runChange } from "../cli/run_change.ts";
export { doctor } from "../deploy/host/doctor/doctor.ts";
export { bootStatus, disableBoot, enableBoot } from "../deploy/host/boot.ts";
export { checkProject } from "../deploy/look/check_project.ts";
export { dryRun } from "../deploy/change/dry_run.ts";
export { readProject } from "../deploy/read.ts";
export { closeSite, openSite } from "../deploy/change/maintenance.ts";
export { DEFAULT_PAGE } from "../live/maintenance.ts";
export { readPage } from "../live/page.ts";
export { prune } from "../deploy/change/prune.ts";
export { deployWatched } from "../deploy/change/watched_release.ts";
export { deployRelease } from "../deploy/change/release.ts";
export { pause } from "../deploy/change/pause.ts";
export { startMissing } from "../deploy/change/start_missing.ts";
export { stop } from "../deploy/change/stop.ts";
export {
  abort,
  promote,
  rollback,
  shareCanary,
} from "../deploy/change/traffic.ts";
