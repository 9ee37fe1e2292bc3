import { isDirectory } from "./files.ts";

/** Where logrotate(8) looks for what packages and administrators want rotated. */
const DIRECTORY = "/etc/logrotate.d";

/** The file there of a name; undefined if logrotate isn't set up on this host. */
export function rotationFile(name: string): string | undefined {
  return isDirectory(DIRECTORY) ? `${DIRECTORY}/${name}` : undefined;
}

/**
 * What has logrotate keep the logs of the last week, and none of them grow beyond 100 MB
 * for longer than a day. Who writes a log keeps it open: it is copied and then cut.
 *
 * @param logs paths, which may have `*`
 */
export function rotationText(logs: readonly string[], heading: string): string {
  return [
    `# ${heading}`,
    ...[...new Set(logs)].map((log) => `"${log}"`),
    "{",
    "    daily",
    "    maxsize 100M",
    "    rotate 7",
    "    compress",
    "    missingok",
    "    notifempty",
    "    copytruncate",
    "}",
    "",
  ].join("\n");
}
