import { checkProject } from "../deploy/check_project.ts";
import { readProject } from "../deploy/read.ts";
import { ExitStatus } from "../error.ts";
import type { Run } from "../cli/command.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";

export const run: Run = async (options) => {
  const project = readProject(options.conf);
  const { nginxTested, warnings } = await checkProject(project);
  if (options.json) {
    const services = project.config.services.map(({ name }) => name);
    printJson({ ok: true, services, nginxTested, warnings });
  }
  const { yellow } = styleOf(Deno.stderr, options.color);
  for (const warning of warnings) {
    printMessage(`${yellow("warning:")} ${warning}`);
  }
  if (!options.quiet) printMessage(`${options.conf}: no mistakes`);
  return ExitStatus.done;
};
