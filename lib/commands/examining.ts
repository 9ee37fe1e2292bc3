// The imports of commands that examine a project or the host before anything changes, and of
// boot. See looking.ts for why it is one module.

export { formatDryRun } from "../cli/dry_run_text.ts";
export { dryRun } from "../deploy/change/dry_run.ts";
export { bootStatus, disableBoot, enableBoot } from "../deploy/host/boot.ts";
export { doctor } from "../deploy/host/doctor/doctor.ts";
export { checkProject } from "../deploy/look/check_project.ts";
export { readProject } from "../deploy/read.ts";
