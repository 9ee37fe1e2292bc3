import type { Key, Values } from "./key.ts";
import {
  command,
  connections,
  containerEngine,
  count,
  directory,
  duration,
  factor,
  fileInDirectory,
  flag,
  host,
  image,
  inheritance,
  memorySize,
  names,
  network,
  order,
  page,
  path,
  port,
  portNumber,
  program,
  properties,
  restartPolicy,
  script,
  share,
  statuses,
  supervisor,
  url,
  user,
  variables,
  variablesInFile,
  volumes,
  words,
} from "./readers.ts";

/** The commands that run at certain moments of a deploy. */
export const HOOK_KEYS = {
  before_start: {
    read: script,
    meaning:
      "command to run before new instances are started; if it fails, none are",
  },
  before_switch: {
    read: script,
    meaning:
      "command to run before the switch; if it fails, the deploy is undone",
  },
  after_switch: {
    read: script,
    meaning: "command to run after the switch; a failure is only reported",
  },
  after_deploy: {
    read: script,
    meaning: "command to run when the old instances have been stopped",
  },
  on_failure: {
    read: script,
    meaning: "command to run when a deploy has failed and has been undone",
  },
} as const satisfies Record<string, Key>;

export type Hook = keyof typeof HOOK_KEYS;

/** Every key of deploy.conf that zdd knows, by the kind of its section. */
export const KEYS = {
  nginx: {
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
  },
  service: {
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
      meaning: "`stop-first` for what must never run twice: the old " +
        "instances have ended before new ones are started, and are started " +
        "again if the deploy fails",
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
      meaning:
        "environment variables for the process, one `KEY=VALUE` per line",
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
    user: {
      read: user,
      meaning: "the user to run `start` and `stop` as, if root runs zddeploy",
    },
    supervisor: {
      read: supervisor,
      default: "none",
      meaning:
        "`systemd`: a transient unit runs each instance, and systemd restarts it when it crashes; `none`: zdd starts it, and " +
        "nothing restarts it",
    },
    restart: {
      read: restartPolicy,
      default: "on-failure",
      meaning: "when systemd restarts an instance: `no`, `on-failure`, " +
        "`always`, … (systemd.service(5)); when the engine does with " +
        "`container`, where `always` is the default",
    },
    memory_max: {
      read: memorySize,
      meaning: "the memory that systemd, or a container engine, lets an " +
        "instance have, such as `500M`",
    },
    container: {
      read: containerEngine,
      meaning:
        "`docker` or `podman`: runs each instance as a container of `image`",
    },
    image: {
      read: image,
      meaning: "the image of a container, pulled if it isn't there; " +
        "`{release}` is what `--release` names",
    },
    container_port: {
      read: portNumber,
      meaning: "the port that a container listens on, unless it has the " +
        "host's network; exported as `PORT`",
    },
    network: {
      read: network,
      meaning: "the network of a container: `host`, where it listens on " +
        "`PORT`; `bridge`, the engine's own; or the name of one. Else one " +
        "that zdd makes, named `zdd`, on which a container that is started " +
        "again keeps its address",
    },
    volumes: {
      read: volumes,
      default: "",
      meaning: "lines `SOURCE:TARGET` or `SOURCE:TARGET:ro`, of which a " +
        "container sees SOURCE as TARGET: a path, or the name of a volume",
    },
    options: {
      read: words,
      default: "",
      meaning:
        "more options for `docker create` or `podman create`; quotes work",
    },
    properties: {
      read: properties,
      default: "",
      meaning:
        "more properties of the instance's unit, one `KEY=VALUE` per line (systemd.exec(5), systemd.resource-control(5))",
    },
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
        "`start_timeout`; told `ZDD_PID`, `ZDD_ADDRESS`, and " +
        "`PORT` or `SOCKET`",
      restart: false,
    },
    settle: {
      read: duration,
      meaning: "time that an instance must run on, in one process, after its " +
        "other checks. Without it 1 for a worker (`port: none`) that has no " +
        "`ready`, and 0 for all others",
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
      meaning: "command to run on each old instance at the switch, with its " +
        "pid appended: it tells the instance to fetch no more jobs, or its " +
        "clients to come back; has `drain_timeout` to end, and is told " +
        "`ZDD_PID`, `ZDD_ADDRESS`, and `PORT` or `SOCKET`",
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
      meaning: "time after `stop` until SIGKILL; without it, never or, with " +
        "`container`, `stop_timeout`",
      restart: false,
    },
  },
  deploy: {
    state_dir: {
      read: path,
      default: ".zdd",
      meaning:
        "the directory for the lock, the journal, the state and the logs",
    },
    detach: {
      read: flag,
      default: "yes",
      meaning:
        "if the end of a systemd unit or session would end what zddeploy starts: " +
        "start it in a scope of its own, or refuse",
    },
    verify: {
      read: url,
      meaning:
        "URL to GET through nginx after the switch; if it fails, zdd switches back",
    },
    verify_timeout: {
      read: duration,
      default: "10",
      meaning: "time until `verify` must have succeeded",
    },
    watch: {
      read: duration,
      meaning: "how long a release is watched after it went live; it goes " +
        "back if it is worse than the one before",
    },
    watch_errors: {
      read: share,
      default: "1%",
      meaning: "how many more of its answers may fail under watch",
    },
    watch_slower: {
      read: factor,
      default: "2x",
      meaning: "how many times as long its answers may take under watch; " +
        "`none`: any time",
    },
    ...HOOK_KEYS,
  },
} as const satisfies Record<string, Record<string, Key>>;

export type SectionKind = keyof typeof KEYS;

/** What the sections of a kind say: the values of their keys. */
export type ValuesOf<Kind extends SectionKind> = Values<typeof KEYS[Kind]>;
