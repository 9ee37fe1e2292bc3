import type { Topic } from "../topic.ts";

/** Each exit status and what it says; see lib/error.ts. */
export const EXIT_STATUS = [
  ["0", "done, whether something changed or not"],
  ["1", "failed; what served before keeps serving"],
  [
    "2",
    "the command line, deploy.conf or the template is wrong; nothing was run",
  ],
  ["3", "another deploy is running here, or has a shared nginx"],
  ["4", "nothing serves, or it is unknown what does; check it by hand"],
] as const;

/** What `zddeploy help exit-status` prints. */
export const EXIT_STATUS_TOPIC: Topic = {
  summary: "what the exit status says",
  blocks: [
    { items: EXIT_STATUS },
    {
      text:
        "`status` ends with 1 if anything that should serve doesn't, `logs` " +
        "if one of them can't be read. A second SIGINT ends zddeploy at once, with 130; the " +
        "next run repairs what that left.",
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
