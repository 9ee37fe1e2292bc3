import { readProject } from "../../deploy/project.ts";
import { ExitStatus } from "../../error.ts";
import type { Command } from "../command.ts";
import { printJson, printMessage } from "../output.ts";

export const checkCommand: Command = {
  name: "check",
  summary: "find every mistake in deploy.conf and the template",

  run(options) {
    const { config } = readProject(options.conf);
    const services = config.services.map(({ name }) => name);
    if (options.json) printJson({ ok: true, services });
    if (!options.quiet) printMessage(`${options.conf}: no mistakes`);
    return ExitStatus.done;
  },
};
