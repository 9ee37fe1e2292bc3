// The imports of commands that change which instances serve. See looking.ts for why it is one
// module.

export { runChange } from "../cli/run_change.ts";
export { closeSite, openSite } from "../deploy/change/maintenance.ts";
export { DEFAULT_PAGE } from "../live/maintenance.ts";
export { readPage } from "../live/page.ts";
export { prune } from "../deploy/change/prune.ts";
export { deployWatched } from "../deploy/change/watched_release.ts";
export { requireStepsWatched, watchTime } from "../deploy/watch/compared.ts";
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
