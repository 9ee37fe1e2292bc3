import type { Key } from "../../../config/key.ts";
import { KEYS, type SectionKind } from "../../../config/keys.ts";
import type { Topic } from "../topic.ts";

const SECTIONS: Record<SectionKind, string> = {
  nginx: "[nginx]",
  service: "[service:NAME], one for each service",
  deploy: "[deploy], which is optional",
};

/** What `zddeploy help deploy.conf` prints: every key. */
export const DEPLOY_CONF: Topic = {
  summary: "every key of deploy.conf",
  blocks: [
    {
      text:
        "The dialect is that of Python's ConfigParser: `key: value` or `key = " +
        "value`, keys in any case, lines that begin with # or ; are comments, " +
        "indented lines continue a value, `[DEFAULT]` applies to all sections, " +
        "`%(name)s` inserts another value, and `%%` is a percent sign. A comment " +
        "needs a line of its own.",
    },
    {
      text:
        "Paths are relative to deploy.conf's directory. Times are seconds (30, " +
        "0.5), or have a unit (500ms, 10s, 2m, 1h).",
    },
    {
      code: `\
[nginx]
template: nginx.conf.template
pid_file: nginx.pid

[service:web]
port: env
start: node server.js
health: /health`,
    },
    ...Object.entries(KEYS).flatMap(([section, keys]) => [
      { heading: SECTIONS[section as SectionKind] },
      { items: Object.entries<Key>(keys).map(item) },
    ]),
  ],
};

function item([name, key]: [string, Key]): [string, string] {
  const value = key.required
    ? key.unless === undefined
      ? " (required)"
      : ` (required, unless \`${key.unless}\` is set)`
    : key.default
    ? ` (default: ${key.default})`
    : "";
  return [name, key.meaning + value];
}
