import type { Topic } from "../topic.ts";

/** What each exit status means; see lib/error.ts. */
export const EXIT_STATUS = [
  ["0", "success, whether anything changed or not"],
  ["1", "failed; the old release keeps serving"],
  [
    "2",
    "the command line, deploy.conf or the template is wrong; nothing was run",
  ],
  ["3", "another deploy is running, here or on a shared nginx"],
  ["4", "nothing serves, or it is unknown what does; check by hand"],
] as const;

/** What `zddeploy help exit-status` prints. */
export const EXIT_STATUS_TOPIC: Topic = {
  summary: "what the exit status says",
  blocks: [
    { items: EXIT_STATUS },
    {
      text:
        "`status` exits with 1 if something that should serve doesn't, `logs` if " +
        "a log can't be read. A second SIGINT ends zddeploy at once, with 130; the next run repairs " +
        "what it left.",
    },
    {
      text:
        "After 3, try again, or wait for the other deploy with `--lock-wait 60`, in " +
        "seconds. After 1, fix the cause first. After 4, `status` and `ps` show what " +
        "runs; the next `zddeploy` finishes the repair first. If nothing serves, " +
        "deploy a version that works.",
    },
  ],
};
