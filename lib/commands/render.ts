import type { Command } from "../cli/command.ts";
import { printFile, printJson } from "../cli/output.ts";
import { ExitStatus } from "../error.ts";

export const render: Command = {
  name: "render",
  anywhere: true,
  summary: "print nginx.conf for the instances that run now",
  about: [
    "Prints the nginx.conf that would be written for the instances that run now. " +
    "Where none runs, port 1 stands for the address.",
  ],
  examples: ["zddeploy render | diff - nginx.conf"],
  async run(options) {
    const { presentState, readProject, render } = await import("./looking.ts");
    const project = readProject(options.conf);
    const { text } = render(project, presentState(project));
    if (options.json) printJson({ path: project.config.nginx.rendered, text });
    else printFile(text.endsWith("\n") ? text : `${text}\n`);
    return ExitStatus.done;
  },
};
