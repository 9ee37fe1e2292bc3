import type { Key } from "../key.ts";
import {
  command,
  connections,
  count,
  directory,
  duration,
  fileInDirectory,
  flag,
  host,
  inheritance,
  names,
  order,
  page,
  path,
  port,
  statuses,
  variables,
  variablesInFile,
} from "../readers.ts";
import { RUNNER_KEYS } from "./runner.ts";

/** The keys of [service:NAME]. */
export const SERVICE_KEYS = {
  start: {
    read: command,
    required: true,
    unless: "container",
    meaning: "starts an instance; quotes and shell syntax work. With " +
      "`container`, the command in the container, without shell syntax; " +
      "else the image's own",
  },
  stop: {
    read: command,
    default: "kill -TERM",
    meaning: "stops an instance; the pid is appended to the command",
    restart: false,
  },
  pid_file: {
    read: fileInDirectory,
    meaning:
      "the file to which the service writes its pid; without it, zdd follows " +
      "the process that it has started. Required with `port: file`",
  },
  port: {
    read: port,
    default: "file",
    meaning: "`file`: the service writes `<pid>.port` beside `pid_file`; " +
      "`env`: zdd picks a free port and exports `PORT`; `socket`: zdd " +
      "picks a unix socket path and exports `SOCKET`; `detect`: zdd looks " +
      "where the service listens (`detect 8080` if there are several); a " +
      "number: always that port, started if it isn't running and never " +
      "replaced; `none`: a worker, to which no requests are passed",
  },
  instances: {
    read: count,
    default: "1",
    meaning:
      "number of copies to run; `{instance}` in `start`, `pid_file`, `log` " +
      "and `env` is 1, 2, …",
    restart: false,
  },
  standby: {
    read: flag,
    default: "no",
    meaning: "keep the previous instances running until the next deploy, " +
      "for an instant rollback",
    restart: false,
  },
  replace: {
    read: order,
    default: "start-first",
    meaning: "`stop-first` for what must never run twice: zdd stops " +
      "the old instances before it starts new ones, and starts the old " +
      "release again if the deploy fails",
    restart: false,
  },
  after: {
    read: names,
    default: "",
    meaning: "names of services that must be ready before this one starts",
    restart: false,
  },
  cwd: {
    read: directory,
    others: true,
    default: ".",
    meaning: "the directory in which `start` and `stop` run",
  },
  log: {
    read: path,
    meaning:
      "the file for the output; without it, each instance has a log file of its " +
      "own, and STATE_DIR/log/NAME.log links to the current one",
  },
  env: {
    read: variables,
    default: "",
    meaning: "environment variables for the process, one `KEY=VALUE` per line",
  },
  env_file: {
    read: variablesInFile,
    others: true,
    meaning:
      "a file with environment variables for the process, one `KEY=VALUE` per line",
  },
  inherit_env: {
    read: inheritance,
    default: "yes",
    meaning:
      "which of zddeploy's own variables the process gets: `yes`: all except " +
      "those of the CI job that zddeploy runs in; `no`: a minimal set; or names " +
      "to add to that set, such as `NODE_ENV PREFIX*`",
  },
  ...RUNNER_KEYS,
  start_timeout: {
    read: duration,
    default: "30",
    meaning: "time until an instance must accept connections",
    restart: false,
  },
  ready: {
    read: command,
    meaning:
      "command that must succeed before any traffic is sent, repeated until " +
      "`start_timeout`; it gets `ZDD_PID`, `ZDD_ADDRESS`, and " +
      "`PORT` or `SOCKET`",
    restart: false,
  },
  settle: {
    read: duration,
    meaning: "time for which an instance must keep running after its " +
      "other checks, without a restart (default: 1 for a worker, " +
      "`port: none`, that has no `ready`; else 0)",
    restart: false,
  },
  health: {
    read: page,
    meaning: "path or URL to GET before any traffic is sent; `none`: a " +
      "connection is enough. Without it and `ready`, a service with `port: " +
      "env`, `socket` or `detect` must answer `GET /` with a status below " +
      "500, unless the template uses another protocol for it",
    restart: false,
  },
  health_host: {
    read: host,
    default: "localhost",
    meaning: "the Host header of `health`, where that is a path",
    restart: false,
  },
  health_status: {
    read: statuses,
    default: "200-399",
    meaning: "the HTTP statuses that are healthy",
    restart: false,
  },
  health_timeout: {
    read: duration,
    default: "30",
    meaning: "time until an instance must be healthy",
    restart: false,
  },
  probe_timeout: {
    read: duration,
    default: "5",
    meaning: "time for one attempt of `health`",
    restart: false,
  },
  keepalive: {
    read: connections,
    default: "32",
    meaning:
      "idle connections that each nginx worker keeps open to an instance whose " +
      "address zdd chooses; 0: none, each request has a connection of its own",
    restart: false,
  },
  retire: {
    read: command,
    meaning: "command to run for each old instance at the switch, with its " +
      "pid appended: it tells the instance to take no more jobs, or to ask " +
      "its clients to reconnect; it must end within `drain_timeout`, and " +
      "gets `ZDD_PID`, `ZDD_ADDRESS`, and `PORT` or `SOCKET`",
    restart: false,
  },
  drain_timeout: {
    read: duration,
    default: "30",
    meaning: "time for connections to the old instance to end by themselves",
    restart: false,
  },
  stop_timeout: {
    read: duration,
    default: "10",
    meaning: "time for the old instance to end after `stop`",
    restart: false,
  },
  kill_after: {
    read: duration,
    meaning: "time after `stop` until SIGKILL (default: never; with " +
      "`container`, `stop_timeout`)",
    restart: false,
  },
} as const satisfies Record<string, Key>;
