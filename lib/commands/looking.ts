// What commands load that look at what is there. It is one module, since each that is
// loaded by itself becomes several files of the executable, and loading those takes longer
// than parsing what this command or that doesn't need. See also changing.ts.

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
