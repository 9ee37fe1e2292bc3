import type { Command } from "../cli/command.ts";
import { readPort } from "../cli/option_values.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { either } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";

export const init: Command = {
  name: "init",
  words: ["[KIND]"],
  complete: async () => (await import("../cli/init/init.ts")).KIND_NAMES,
  rest: "[COMMAND…]",
  summary: "write a deploy.conf and a template for a kind of server",
  options: [
    {
      name: "listen",
      value: "PORT",
      help: "where nginx listens (default: 8080)",
    },
    {
      name: "system",
      help: "for the system's own nginx, in /etc/nginx/conf.d",
    },
  ],
  async about() {
    const { KIND_NAMES } = await import("../cli/init/init.ts");
    return [
      "Writes deploy.conf and nginx.conf.template, with the live switch, so that the " +
      `next \`zddeploy\` works. KIND is ${either(KIND_NAMES)}; ` +
      "without it, the files in the directory tell. No file is ever overwritten.",
      "For `command`, the command stands behind `--`, with {port} or {socket} where it " +
      "takes its address; it may also read it from PORT.",
      "`--system` is for the nginx that the system runs: the template goes into " +
      "/etc/nginx/conf.d and has no http block of its own.",
    ];
  },
  examples: [
    "zddeploy init",
    "zddeploy init node --listen 80",
    "zddeploy init command -- ./serve --port {port}",
    "zddeploy init gunicorn --system",
  ],
  async run(options, { words: [word], rest, values, flags }) {
    const { initialize } = await import("../cli/init/init.ts");
    const listen = readPort("listen", values.listen?.at(-1) ?? "8080");
    const { kind, start, files, warnings } = initialize(options.conf, {
      kind: word,
      command: rest,
      listen,
      isSystem: flags.includes("system"),
    });
    if (options.json) {
      printJson({ changed: true, kind, start, listen, files, warnings });
    }
    const { bold, yellow } = styleOf(Deno.stderr, options.color);
    for (const warning of warnings) {
      printMessage(`${yellow("warning:")} ${warning}`);
    }
    if (!options.quiet) {
      for (const path of files) printMessage(`wrote ${path}`);
      const named = options.conf === "deploy.conf" ? "" : ` -c ${options.conf}`;
      printMessage(
        `start: ${start}\nnext: ${bold(`zddeploy${named}`)}, then ` +
          bold(`curl http://localhost:${listen}/`),
      );
    }
    return ExitStatus.done;
  },
};
