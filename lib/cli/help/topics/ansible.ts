import type { Topic } from "../topic.ts";

/** What `zddeploy help ansible` prints. */
export const ANSIBLE: Topic = {
  summary: "how a playbook calls zddeploy",
  blocks: [
    {
      text:
        "A task runs `zddeploy --json`: stdout is one JSON document and nothing " +
        "else, progress goes to stderr, and the exit status tells whether it failed. " +
        "`changed` in the document says whether anything was changed. What zddeploy " +
        "starts keeps none of its pipes open, so that a task never waits for it.",
    },
    {
      code: `\
- name: Deploy
  ansible.builtin.command:
    argv: [zddeploy, deploy, --json, --release, "{{ release }}"]
    chdir: /srv/app
  register: deployed
  changed_when: (deployed.stdout | from_json).changed

- name: What would be done
  ansible.builtin.command:
    argv: [zddeploy, deploy, --dry-run, --json, --release, "{{ release }}"]
    chdir: /srv/app
  check_mode: false
  when: ansible_check_mode
  register: planned
  changed_when: (planned.stdout | from_json).changed`,
    },
    { heading: "the document" },
    {
      items: [
        [
          "changed",
          "whether anything was changed, or would be with `--dry-run`",
        ],
        [
          "nginx.action",
          "`started`, `reloaded`, `switched` (live links only) or `unchanged`",
        ],
        [
          "services[]",
          "each with `name`, and its `current`, `standby`, `canary` and `previous` " +
          "instances: `pid` and `address` and so on",
        ],
        ["warnings[]", "what went wrong without stopping it"],
        ["ms", "how long it took"],
        [
          "error",
          "in its place after a failure: `message`, `hint`, `quote` (a log's last " +
          "lines) and `source`; with `exitStatus`, and `serving`: what serves now",
        ],
      ],
    },
    {
      text:
        "Name what you deploy with `--release`: a second run of the playbook then " +
        "changes nothing. `serial` and `max_fail_percentage` roll over many hosts and " +
        "stop at the first that fails, which keeps serving what it served before. Exit " +
        "status 3 means that another deploy is running: `--lock-wait 60` waits for it.",
    },
  ],
};
