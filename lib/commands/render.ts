import { readProject } from "../deploy/read.ts";
import { render } from "../deploy/render.ts";
import { presentState } from "../deploy/status.ts";
import { ExitStatus } from "../error.ts";
import type { Run } from "../cli/command.ts";
import { printJson, printResult } from "../cli/output.ts";

export const run: Run = (options) => {
  const project = readProject(options.conf);
  const { text } = render(project, presentState(project));
  if (options.json) printJson({ path: project.config.nginx.rendered, text });
  else printResult(text.replace(/\n$/, ""));
  return ExitStatus.done;
};
