import type { Command } from "../cli/command.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { ExitStatus } from "../error.ts";

export const check: Command = {
  name: "check",
  anywhere: true,
  summary: "find mistakes in deploy.conf and the template; runs nginx -t",
  about: [
    "Finds everything that can be found without starting anything: every " +
    "mistake in deploy.conf and the template, missing programs, directories " +
    "that aren't writable, services that get no requests, and what nginx says " +
    "about the configuration that would be rendered now.",
    "It also notes where other users of the host could receive requests.",
  ],
  examples: ["zddeploy check", "zddeploy check --json"],
  async run(options) {
    const { checkProject, readProject } = await import("./examining.ts");
    const project = readProject(options.conf);
    const { nginxTested, warnings, notes } = await checkProject(project);
    if (options.json) {
      const services = project.config.services.map(({ name }) => name);
      printJson({ ok: true, services, nginxTested, warnings, notes });
    }
    const { yellow } = styleOf(Deno.stderr, options.color);
    for (const warning of warnings) {
      printMessage(`${yellow("warning:")} ${warning}`);
    }
    if (options.quiet) return ExitStatus.done;
    for (const note of notes) printMessage(`note: ${note}`);
    printMessage(`${options.conf}: no mistakes`);
    return ExitStatus.done;
  },
};
