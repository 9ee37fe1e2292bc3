import { readProject } from "../../deploy/project.ts";
import { ExitStatus } from "../../error.ts";
import type { Run } from "../command.ts";
import { printJson, printMessage } from "../output.ts";

export const run: Run = (options) => {
  const { config } = readProject(options.conf);
  const services = config.services.map(({ name }) => name);
  if (options.json) printJson({ ok: true, services });
  if (!options.quiet) printMessage(`${options.conf}: no mistakes`);
  return ExitStatus.done;
};
