import { HOOK_KEYS } from "../../../config/keys/deploy.ts";
import type { Topic } from "../topic.ts";

/** What `zddeploy help hooks` prints. */
export const HOOKS: Topic = {
  summary: "your own commands at certain moments of a deploy",
  blocks: [
    {
      text:
        "Hooks are shell commands in `[deploy]`, run in deploy.conf's directory. A hook of several lines is a script that stops at the first command that " +
        "fails. What a hook prints is shown, and appended to log/hooks.log in " +
        "`state_dir`, below a line with the time. Hooks run for every command that " +
        "changes what clients get: also for `rollback`, `canary`, `abort` and " +
        "`maintenance`. `ZDD_COMMAND` tells which.",
    },
    {
      items: Object.entries(HOOK_KEYS).map(([name, { meaning }]) =>
        [name, meaning] as const
      ),
    },
    { heading: "in their environment" },
    {
      items: [
        ["ZDD_HOOK, ZDD_COMMAND", "`before_switch`, `deploy` and so on"],
        [
          "ZDD_CONF, ZDD_STATE_DIR",
          "the paths of deploy.conf and of `state_dir`",
        ],
        ["ZDD_SERVICES", "the names of all services"],
        ["ZDD_RELEASE", "the name given with `--release`; services get it too"],
        ["ZDD_ERROR", "in `on_failure`: what went wrong"],
        [
          "ZDD_PID_NAME, ZDD_ADDRESS_NAME",
          "pids and addresses of the instances of service NAME, in capitals",
        ],
      ],
    },
    {
      code: `\
[deploy]
before_start: ./migrate --database app
after_deploy: test $ZDD_COMMAND != deploy || curl -fsS -d "$ZDD_RELEASE is live" https://chat.example.com/ops`,
    },
  ],
};
