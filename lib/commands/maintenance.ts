import type { Command } from "../cli/command.ts";
import { readAllowed, readSeconds } from "../cli/option_values.ts";
import { LOCK_WAIT } from "../cli/options.ts";
import { usage } from "../cli/usage.ts";

/** The default of `--retry-after`, in s. */
const RETRY_AFTER = 120;

export const maintenance: Command = {
  name: "maintenance",
  words: ["on|off"],
  complete: ["on", "off"],
  summary: "answer all requests with 503 and a page, or let them in again",
  options: [
    {
      name: "page",
      value: "FILE",
      complete: "file",
      help: "the page: a .html, .json or .txt file (with on)",
    },
    {
      name: "allow",
      value: "ADDRESS",
      help:
        "an address or IPv4 network whose requests get through; can be repeated (with on)",
    },
    {
      name: "retry-after",
      value: "SECONDS",
      help:
        `when clients are told to try again (default: ${RETRY_AFTER}; with on)`,
    },
    LOCK_WAIT,
  ],
  about: [
    "Closes the site without a reload: nginx answers each request to a service that " +
    "uses the live switch with 503, Retry-After and a page. Deploys work as usual " +
    "meanwhile, and `verify` gets through. Clients don't, until `maintenance off`.",
    "The page is one file of at most 256 KiB, which zdd copies. If the server in the " +
    "template has no `it.live.choose`, clients get nginx's own page.",
  ],
  examples: [
    "zddeploy maintenance on --page sorry.html --allow 10.8.0.0/16",
    "zddeploy maintenance off",
  ],
  async run(options, input) {
    const { words: [word], values } = input;
    const ofOn = ["page", "allow", "retry-after"]
      .filter((name) => values[name] !== undefined);
    if (word === "off") {
      if (ofOn.length > 0) throw usage(`--${ofOn[0]} goes with "on"`);
      const { openSite, runChange } = await import("./changing.ts");
      return await runChange(options, input, "open again", openSite);
    }
    if (word !== "on") throw usage(`Expected on or off, got "${word}"`);
    const file = values.page?.at(-1);
    const seconds = readSeconds("retry-after", values["retry-after"]?.at(-1));
    const allowed = readAllowed(values.allow ?? []);
    const { closeSite, DEFAULT_PAGE, readPage, runChange } = await import(
      "./changing.ts"
    );
    const what = {
      page: file === undefined ? DEFAULT_PAGE : readPage(file),
      allowed,
      retryAfter: Math.ceil((seconds ?? RETRY_AFTER * 1000) / 1000),
    };
    return await runChange(
      options,
      input,
      "closed",
      (project, how) => closeSite(project, what, how),
    );
  },
};
