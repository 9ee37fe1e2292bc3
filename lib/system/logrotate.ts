import { isDirectory } from "./files.ts";

/** Where logrotate(8) reads the files of packages and administrators. */
const DIRECTORY = "/etc/logrotate.d";

/** The path of a file there; undefined if logrotate isn't set up on this host. */
export function rotationFile(name: string): string | undefined {
  return isDirectory(DIRECTORY) ? `${DIRECTORY}/${name}` : undefined;
}

/**
 * Configures logrotate to keep the logs of a week, and to rotate a log over 100 MB within a
 * day. The writer of a log keeps it open, so it is copied and then truncated.
 *
 * @param logs paths, which may contain `*`
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
