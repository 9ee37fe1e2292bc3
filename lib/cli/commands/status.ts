import { formatDuration } from "../../config/duration.ts";
import { readProject } from "../../deploy/project.ts";
import { type Status, status } from "../../deploy/status.ts";
import { ExitStatus } from "../../error.ts";
import type { Run } from "../command.ts";
import { printJson, printResult } from "../output.ts";
import { formatTable } from "../table.ts";

export const run: Run = (options) => {
  const found = status(readProject(options.conf));
  if (options.json) printJson(found);
  else if (!options.quiet) printResult(formatStatus(found));
  return found.ok ? ExitStatus.done : ExitStatus.failed;
};

/** The status as a table, nginx as its last row. */
export function formatStatus({ services, nginx, notes }: Status): string {
  const rows = services.flatMap(({ name, instances }) =>
    instances.length === 0
      ? [[name, "not running"]]
      : instances.map((instance) => [
        name,
        instance.percent === undefined
          ? instance.state
          : `${instance.state} ${instance.percent} %`,
        String(instance.pid),
        instance.address,
        instance.release ?? "",
        formatUptime(instance.uptime),
        formatMemory(instance.memory),
        instance.connections === undefined ? "" : String(instance.connections),
      ])
  );
  const old = nginx.oldWorkers > 0 ? ` and ${nginx.oldWorkers} old` : "";
  const state = nginx.running
    ? `${nginx.workers} ${nginx.workers === 1 ? "worker" : "workers"}${old}`
    : "not running";
  return [
    formatTable([
      [
        "SERVICE",
        "STATE",
        "PID",
        "ADDRESS",
        "RELEASE",
        "UPTIME",
        "MEMORY",
        "CONNECTIONS",
      ],
      ...rows,
      ["nginx", state, nginx.pid === undefined ? "" : String(nginx.pid)],
    ]),
    ...notes.map((note) => `note: ${note}`),
  ].join("\n");
}

function formatUptime(seconds?: number): string {
  if (seconds === undefined) return "";
  const [days, hours] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600),
  ];
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${Math.floor(seconds / 60) % 60} min`;
  return formatDuration(seconds * 1000);
}

function formatMemory(bytes?: number): string {
  return bytes === undefined ? "" : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
