import { readProject } from "../../deploy/project.ts";
import { render } from "../../deploy/render.ts";
import { presentState } from "../../deploy/status.ts";
import { ExitStatus } from "../../error.ts";
import type { Command } from "../command.ts";
import { printJson, printResult } from "../output.ts";

export const renderCommand: Command = {
  name: "render",
  summary: "print nginx.conf for the instances that run now",

  run(options) {
    const project = readProject(options.conf);
    const { text } = render(project, presentState(project));
    if (options.json) printJson({ path: project.config.nginx.rendered, text });
    else printResult(text.replace(/\n$/, ""));
    return ExitStatus.done;
  },
};
