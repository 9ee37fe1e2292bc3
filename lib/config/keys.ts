/** What a key's value is, and how it is read. */
export type KeyKind =
  | "command"
  | "path"
  | "program"
  | "duration"
  | "script"
  | "statuses"
  | "port"
  | "count"
  | "flag"
  | "target"
  | "environment"
  | "text";

export interface Key {
  kind: KeyKind;
  required?: true;
  /** The value that stands in for a missing one, as deploy.conf would write it. */
  default?: string;
  /** What the user is told about it. */
  meaning: string;
}

/** Every key of deploy.conf that zdd knows, by the kind of its section. */
export const KEYS = {
  nginx: {
    template: {
      kind: "path",
      required: true,
      meaning:
        "ends in `.template`; rendered beside itself without that ending",
    },
    pid_file: {
      kind: "path",
      required: true,
      meaning: "nginx's pid file, in the template as `{nginx_pid_filename}`",
    },
    conf: {
      kind: "path",
      meaning: "the main configuration, where the rendered file is only " +
        "included by it; else the rendered file",
    },
    command: {
      kind: "program",
      default: "nginx",
      meaning: "the nginx program",
    },
    reload_timeout: {
      kind: "duration",
      default: "10",
      meaning: "time until an unconfirmed reload is a failure",
    },
  },
  service: {
    start: {
      kind: "command",
      required: true,
      meaning: "starts an instance; quotes and shell syntax work",
    },
    stop: {
      kind: "command",
      default: "kill -TERM",
      meaning: "stops an instance; its pid is appended",
    },
    pid_file: {
      kind: "path",
      meaning: "written by the service; else zdd tracks the process it " +
        "started. Needed for `port: file`",
    },
    port: {
      kind: "port",
      default: "file",
      meaning: "`file`: the service writes `<pid>.port` beside `pid_file`; " +
        "`env`: zdd picks a free port and exports `PORT`; `socket`: zdd " +
        "picks a unix socket path and exports `SOCKET`; `detect`: zdd looks " +
        "where the service listens (`detect 8080` if there are several); a " +
        "number: always that port, started if it isn't running and never " +
        "replaced",
    },
    instances: {
      kind: "count",
      default: "1",
      meaning: "copies to run; `{instance}` in `start`, `pid_file`, `log` " +
        "and `env` is 1, 2, …",
    },
    standby: {
      kind: "flag",
      default: "no",
      meaning: "keep the previous instances running until the next deploy, " +
        "for an instant rollback",
    },
    cwd: {
      kind: "path",
      default: ".",
      meaning: "where `start` and `stop` run",
    },
    log: {
      kind: "path",
      meaning: "where an instance's output goes; else STATE_DIR/log/NAME.log",
    },
    env: {
      kind: "environment",
      default: "",
      meaning: "`KEY=VALUE` lines for the process",
    },
    env_file: {
      kind: "path",
      meaning: "a file of `KEY=VALUE` lines for the process",
    },
    start_timeout: {
      kind: "duration",
      default: "30",
      meaning: "time until an instance must accept connections",
    },
    health: {
      kind: "target",
      meaning: "path or URL to GET before any traffic is sent",
    },
    health_status: {
      kind: "statuses",
      default: "200-399",
      meaning: "the HTTP statuses that are healthy",
    },
    health_timeout: {
      kind: "duration",
      default: "30",
      meaning: "time until an instance must be healthy",
    },
    drain_timeout: {
      kind: "duration",
      default: "30",
      meaning: "time for connections to the old instance to end by themselves",
    },
    stop_timeout: {
      kind: "duration",
      default: "10",
      meaning: "time for the old instance to end after `stop`",
    },
    kill_after: {
      kind: "duration",
      meaning: "time after `stop` until SIGKILL; else never",
    },
  },
  deploy: {
    state_dir: {
      kind: "path",
      default: ".zdd",
      meaning: "lock, journal, state, logs",
    },
    verify: {
      kind: "target",
      meaning: "URL to GET through nginx after the switch; anything but " +
        "success switches back",
    },
    verify_timeout: {
      kind: "duration",
      default: "10",
      meaning: "time until `verify` must have succeeded",
    },
    before_start: {
      kind: "script",
      meaning: "command to run before new instances are started; if it " +
        "fails, nothing is",
    },
    before_switch: {
      kind: "script",
      meaning: "command to run before the switch; if it fails, there is none",
    },
    after_switch: {
      kind: "script",
      meaning: "command to run after the switch; a failure is reported only",
    },
    after_deploy: {
      kind: "script",
      meaning: "command to run when the old instances have been stopped",
    },
    on_failure: {
      kind: "script",
      meaning: "command to run when a deploy has failed and is undone",
    },
  },
} as const satisfies Record<string, Record<string, Key>>;

export type SectionKind = keyof typeof KEYS;
