import type { Key } from "../key.ts";
import {
  duration,
  factor,
  flag,
  path,
  script,
  share,
  url,
} from "../readers.ts";

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

/** The keys of [deploy]. */
export const DEPLOY_KEYS = {
  state_dir: {
    read: path,
    default: ".zdd",
    meaning: "the directory for the lock, the journal, the state and the logs",
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
    percent: true,
    meaning: "how many more of its answers may fail under watch",
  },
  watch_slower: {
    read: factor,
    default: "2x",
    meaning: "how many times as long its answers may take under watch; " +
      "`none`: any time",
  },
  ...HOOK_KEYS,
} as const satisfies Record<string, Key>;
