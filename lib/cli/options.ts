import type { Option } from "./command.ts";
import { COLOR_WHEN } from "./style.ts";

/** For commands that can apply to some of the services. */
export const SERVICE: Option = {
  name: "service",
  value: "NAME",
  complete: async ({ conf }) => {
    const { serviceNames } = await import("./completion/services.ts");
    return serviceNames(conf);
  },
  help: "only this service; can be repeated",
};

/** For commands that change which instances serve. */
export const LOCK_WAIT: Option = {
  name: "lock-wait",
  value: "SECONDS",
  help: "wait up to that long for another deploy to end",
};

/** The default of `--max`, in ms. */
export const USUAL_MAX = 30_000;

/** For commands that hold requests: how long they wait at most. */
export const MAX: Option = {
  name: "max",
  value: "SECONDS",
  help: "how long a request waits at most (default: 30)",
};

/** For commands that hold requests: how long to wait for the open ones to end. */
export const WAIT: Option = {
  name: "wait",
  value: "SECONDS",
  help: "run the command after that, even if connections are left",
};

/** The options that every command has, in the order of the help. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    name: "conf",
    short: "c",
    value: "FILE",
    complete: "file",
    help: "the deploy.conf (default: deploy.conf in this directory)",
  },
  {
    name: "verbose",
    short: "v",
    help:
      "show each command that is run, each signal that is sent, and the stack " +
      "trace of a failure",
  },
  {
    name: "quiet",
    short: "q",
    help: "show warnings and failures only",
  },
  {
    name: "json",
    help: "print the result, or the failure, as JSON to stdout",
  },
  {
    name: "color",
    value: "WHEN",
    complete: COLOR_WHEN,
    help: "always, never or auto: on a terminal, unless NO_COLOR is set",
  },
  { name: "help", short: "h", help: "show the help of a command" },
  {
    name: "version",
    help: "show the version, the commit, and the versions of Deno and V8",
  },
];

/** `-c, --conf FILE`. */
export function optionTerm({ name, short, value }: Option): string {
  const names = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return value === undefined ? names : `${names} ${value}`;
}
