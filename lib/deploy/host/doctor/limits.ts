import { drawnPorts } from "../../../instance/slots.ts";
import { readIfExists } from "../../../system/files.ts";
import { type Check, type Finding, ok, warning } from "./check.ts";

/** Below these limits, a busy server runs out of them. */
const OPEN_FILES = 1024;
const PROCESSES = 512;
/** What nginx asks for (ngx_connection.h, NGX_LISTEN_BACKLOG). */
const BACKLOG = 511;
/** The share of memory that must be free for new instances beside the old ones. */
const MEMORY = 0.1;
/** How many ports may be shared with clients without a warning. */
const PORTS = 1000;

/** Checks the limits on open files, processes, waiting connections, ports and memory. */
export const checkLimits: Check = ({ host, project }) => {
  const findings: Finding[] = [];
  const files = host.limit("open files") ?? Infinity;
  if (files < OPEN_FILES) {
    findings.push(warning(
      `A process may have only ${files} open files`,
      "raise it in /etc/security/limits.conf, or by LimitNOFILE= in the unit",
    ));
  }
  const template = project?.config.nginx.template;
  const text = template === undefined ? "" : readIfExists(template) ?? "";
  const number = (name: string) =>
    Number(new RegExp(`^\\s*${name}\\s+(\\d+)\\s*;`, "m").exec(text)?.[1] ?? 0);
  const connections = number("worker_connections");
  if (connections > Math.max(files, number("worker_rlimit_nofile"))) {
    findings.push(warning(
      `nginx's workers may have ${files} open files, and worker_connections is ` +
        `${connections}`,
      `write "worker_rlimit_nofile ${
        connections * 2
      };" above "events" in the template`,
    ));
  }
  const processes = host.limit("processes") ?? Infinity;
  if (processes < PROCESSES) {
    findings.push(warning(
      `This user may have only ${processes} processes and threads`,
      "raise it in /etc/security/limits.conf, or by TasksMax= in the unit",
    ));
  }
  const backlog = host.setting("net/core/somaxconn") ?? BACKLOG;
  if (backlog < BACKLOG) {
    findings.push(warning(
      `Only ${backlog} connections may wait to be accepted, and nginx asks for ${BACKLOG}`,
      'run "sysctl -w net.core.somaxconn=4096", and write it to /etc/sysctl.d',
    ));
  }
  const range = host.clientPorts();
  const [low = 0, high = 0] = range.trim().split(/\s+/).map(Number);
  const { first, last } = drawnPorts(range);
  if (Math.min(last, high) - Math.max(first, low) >= PORTS) {
    findings.push(warning(
      `The kernel also gives clients the ports ${first} to ${last}, from which ` +
        "instances get theirs",
      "set net.ipv4.ip_local_port_range to 32768 60999, or use port: socket",
    ));
  }
  const memory = host.memory();
  if (memory !== undefined && memory.available < memory.total * MEMORY) {
    findings.push(warning(
      `${megabytes(memory.available)} of ${
        megabytes(memory.total)
      } memory are ` +
        "left, and a deploy runs old and new instances side by side",
      "free some, or add swap",
    ));
  }
  return findings.length > 0
    ? findings
    : [ok("Limits on files, processes, ports and memory leave room")];
};

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
