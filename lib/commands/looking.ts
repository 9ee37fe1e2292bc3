// The imports of commands that only show what is there. It is one module, since each module
// that is imported separately becomes several files of the executable. Loading those takes
// longer than parsing code that a command doesn't need. See also changing.ts and
// examining.ts.

export { formatHistory } from "../cli/history_table.ts";
export { nameOf, showLogs } from "../cli/show_logs.ts";
export { formatStatus } from "../cli/status_table.ts";
export { watch } from "../cli/watch.ts";
export { chooseServices } from "../config/choose.ts";
export { readProject } from "../deploy/read.ts";
export { render } from "../deploy/render.ts";
export { presentState, status } from "../deploy/look/status.ts";
export { readHistory } from "../state/history.ts";
export { logsOf } from "../state/logs.ts";
export { StateDir } from "../state/state_dir.ts";
