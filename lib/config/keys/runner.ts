import type { Key } from "../key.ts";
import { user } from "../readers.ts";
import {
  containerEngine,
  image,
  memorySize,
  network,
  portNumber,
  properties,
  restartPolicy,
  supervisor,
  volumes,
  words,
} from "../runner_readers.ts";

/** The keys of [service:NAME] about how an instance is run. */
export const RUNNER_KEYS = {
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
    meaning: "when systemd, or the container engine, restarts an " +
      "instance: `no`, `on-failure`, `always`, … (systemd.service(5)); with " +
      "`container`, the default is `always`",
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
      "`PORT`; `bridge`, the engine's own; or the name of one. Without it, " +
      "zdd creates the network `zdd`, on which a container keeps its " +
      "address when it is restarted",
  },
  volumes: {
    read: volumes,
    default: "",
    meaning: "lines `SOURCE:TARGET` or `SOURCE:TARGET:ro`; SOURCE is a " +
      "path on the host or the name of a volume, TARGET a path in the container",
  },
  options: {
    read: words,
    default: "",
    meaning: "more options for `docker create` or `podman create`; quotes work",
  },
  properties: {
    read: properties,
    default: "",
    meaning:
      "more properties of the instance's unit, one `KEY=VALUE` per line (systemd.exec(5), systemd.resource-control(5))",
  },
} as const satisfies Record<string, Key>;
