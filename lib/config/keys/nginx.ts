import type { Key } from "../key.ts";
import { duration, path, program } from "../readers.ts";

/** The keys of [nginx]. */
export const NGINX_KEYS = {
  template: {
    read: path,
    required: true,
    meaning:
      "the template; its name ends in `.template`, and it is rendered to the " +
      "same path without that",
  },
  pid_file: {
    read: path,
    required: true,
    meaning: "nginx's pid file; `{nginx_pid_filename}` in the template",
  },
  conf: {
    read: path,
    meaning:
      "the main configuration, if it only includes the rendered file; otherwise " +
      "that is the rendered file itself",
  },
  command: {
    read: program,
    default: "nginx",
    meaning: "the nginx program",
  },
  reload_timeout: {
    read: duration,
    default: "10",
    meaning: "time in which nginx must confirm a reload",
  },
} as const satisfies Record<string, Key>;
