import { formatDuration } from "../text/duration.ts";
import type {
  InstanceState,
  InstanceStatus,
  NginxStatus,
  Status,
} from "../deploy/look/status.ts";
import { PLAIN, type Style, widthOf } from "./style.ts";
import { formatTable } from "./table.ts";

export interface StatusFormat {
  /** Include the logs. */
  verbose?: boolean;
  style?: Style;
  /** In ms since the epoch. */
  now?: number;
  /** The width of the terminal in columns; less important columns are left out to fit it. */
  width?: number;
}

/** Columns that are left out on a narrow terminal, in this order. */
const SPARED = [
  "UNIT",
  "CONTAINER",
  "MEMORY",
  "CONNECTIONS",
  "UPTIME",
  "ADDRESS",
  "RELEASE",
];

/** Formats the status as a table, with nginx in the last row. */
export function formatStatus(
  status: Status,
  { verbose = false, width = Infinity, ...format }: StatusFormat = {},
): string {
  const instances = status.services.flatMap(({ instances }) => instances);
  // Columns without any value are left out.
  const hasReleases = instances.some(({ release }) => release !== undefined);
  const hasUnits = instances.some(({ unit }) => unit !== undefined);
  const hasContainers = instances.some(({ container }) =>
    container !== undefined
  );
  let columns = COLUMNS.filter(({ title }) =>
    (title !== "RELEASE" || hasReleases) && (title !== "LOG" || verbose) &&
    (title !== "UNIT" || hasUnits) &&
    (title !== "CONTAINER" || hasContainers) &&
    (title !== "RESTARTS" || hasUnits || hasContainers)
  );
  let table = formatColumns(status, columns, format);
  for (const spared of SPARED) {
    const widest = Math.max(...table.split("\n").map(widthOf));
    if (verbose || widest <= width) break;
    columns = columns.filter(({ title }) => title !== spared);
    table = formatColumns(status, columns, format);
  }
  const { style = PLAIN } = format;
  const notes = status.notes.map((note) => `${style.yellow("note:")} ${note}`);
  const closed = closedLine(status, format);
  return [...closed, table, ...notes].join("\n");
}

/** `maintenance for 3 min 5 s: 503 for all but 10.8.0.0/16`. */
function closedLine(
  { maintenance }: Status,
  { style = PLAIN, now = Date.now() }: StatusFormat,
): string[] {
  if (maintenance === undefined) return [];
  const { since, allowed } = maintenance;
  const age = formatAge(now - Date.parse(since));
  const whom = allowed.length === 0 ? "all" : `all but ${allowed.join(", ")}`;
  return [`${style.yellow("maintenance")} for ${age}: 503 for ${whom}`];
}

function formatColumns(
  { services, nginx }: Status,
  columns: Column[],
  { style = PLAIN, now = Date.now() }: StatusFormat,
): string {
  const rows = services.flatMap(({ name, instances }) =>
    instances.length === 0
      ? [[name, style.red("not running")]]
      : instances.map((instance) => [
        name,
        ...columns.map(({ cell }) => cell(instance, style)),
      ])
  );
  const own = nginxRow(nginx, style, now);
  return formatTable([
    ["SERVICE", ...columns.map(({ title }) => title)].map(style.bold),
    ...rows,
    // nginx's age is in the column ADDRESS.
    columns.some(({ title }) => title === "ADDRESS") ? own : own.slice(0, 3),
  ]);
}

interface Column {
  title: string;
  cell: (instance: InstanceStatus, style: Style) => string;
}

const COLUMNS: Column[] = [
  { title: "STATE", cell: (instance, style) => formatState(instance, style) },
  { title: "PID", cell: ({ pid }) => String(pid) },
  { title: "ADDRESS", cell: ({ address }) => address ?? "" },
  { title: "RELEASE", cell: ({ release }) => release ?? "" },
  { title: "UPTIME", cell: ({ uptime }) => formatUptime(uptime) },
  { title: "MEMORY", cell: ({ memory }) => formatMemory(memory) },
  {
    title: "CONNECTIONS",
    cell: ({ connections }) => String(connections ?? ""),
  },
  {
    title: "RESTARTS",
    cell: ({ restarts }) => String(restarts ?? ""),
  },
  { title: "UNIT", cell: ({ unit }) => unit ?? "" },
  { title: "CONTAINER", cell: ({ container }) => container ?? "" },
  { title: "LOG", cell: ({ log }) => log },
];

const STATE_COLORS: Record<InstanceState, keyof Style> = {
  serving: "green",
  canary: "yellow",
  standby: "dim",
  stopping: "yellow",
  dead: "red",
};

function formatState(
  { state, percent }: InstanceStatus,
  style: Style,
): string {
  // Only a canary has a share; if it is dead, that doesn't show in its state.
  const isDead = percent !== undefined && state === "dead";
  const share = percent === undefined
    ? ""
    : `${isDead ? " canary" : ""} ${percent} %`;
  return style[STATE_COLORS[state]](state + share);
}

/** `nginx  2 workers  4711  loaded 3 min 5 s ago`. */
function nginxRow(nginx: NginxStatus, style: Style, now: number): string[] {
  const { running, pid, workers, oldWorkers, loadedAt } = nginx;
  if (!running) return ["nginx", style.red("not running")];
  const old = oldWorkers > 0 ? style.yellow(` and ${oldWorkers} old`) : "";
  const loaded = loadedAt === undefined
    ? ""
    : `loaded ${formatAge(now - Date.parse(loadedAt))} ago`;
  return [
    "nginx",
    `${workers} ${workers === 1 ? "worker" : "workers"}${old}`,
    String(pid ?? ""),
    loaded,
  ];
}

function formatUptime(seconds?: number): string {
  return seconds === undefined ? "" : formatAge(seconds * 1000);
}

/** A duration in whole seconds; longer ones in two units. */
function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${Math.floor(seconds / 60) % 60} min`;
  return seconds === 0 ? "0 s" : formatDuration(seconds * 1000);
}

function formatMemory(bytes?: number): string {
  return bytes === undefined ? "" : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
