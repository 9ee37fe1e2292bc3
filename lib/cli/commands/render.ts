import { readProject } from "../../deploy/project.ts";
import { render } from "../../deploy/render.ts";
import { presentState } from "../../deploy/status.ts";
import { ExitStatus } from "../../error.ts";
import type { Run } from "../command.ts";
import { printJson, printResult } from "../output.ts";

export const run: Run = (options) => {
  const project = readProject(options.conf);
  const { text } = render(project, presentState(project));
  if (options.json) printJson({ path: project.config.nginx.rendered, text });
  else printResult(text.replace(/\n$/, ""));
  return ExitStatus.done;
};
