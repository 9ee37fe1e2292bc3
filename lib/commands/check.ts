import type { Command } from "../cli/command.ts";
import { printJson, printMessage } from "../cli/output.ts";
import { styleOf } from "../cli/style.ts";
import { ExitStatus } from "../error.ts";

export const check: Command = {
  name: "check",
  anywhere: true,
  summary: "find every mistake in deploy.conf and the template; nginx -t",
  about: [
    "Finds everything that can be known without starting anything: every mistake in " +
    "deploy.conf and the template, missing programs, directories that can't be " +
    "written, services that no request reaches, and what nginx thinks of the configuration that would be rendered now.",
    "Notes where other users of the host could get requests.",
  ],
  examples: ["zddeploy check", "zddeploy check --json"],
  async run(options) {
    const { checkProject, readProject } = await import("./changing.ts");
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
