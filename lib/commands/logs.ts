import { ExitStatus, ZddError } from "../error.ts";
import { chooseServices } from "../deploy/deploy.ts";
import { readProject } from "../deploy/read.ts";
import { planInstance } from "../instance/plan.ts";
import { numbersOf } from "../deploy/start.ts";
import { isFile } from "../system/files.ts";
import type { Run } from "../cli/command.ts";
import { printJson } from "../cli/output.ts";
import { usage } from "../cli/usage.ts";

export const run: Run = async (options, { values, flags }) => {
  const { service: names = [], lines: [lines = "20"] = [] } = values;
  if (!/^\d{1,6}$/.test(lines)) {
    throw usage(`Expected a number for --lines, got "${lines}"`);
  }
  const { config } = readProject(options.conf);
  const files = chooseServices(config.services, names).flatMap((service) =>
    numbersOf(service).map((number) => planInstance(service, number).log)
  );
  if (options.json) {
    printJson({ logs: [...new Set(files)] });
    return ExitStatus.done;
  }
  const present = [...new Set(files)].filter(isFile);
  if (present.length === 0) {
    throw new ZddError(`There is no log yet: ${files.join(", ")}`);
  }
  const follow = flags.includes("follow") ? ["-F"] : [];
  const { code } = await new Deno.Command("tail", {
    args: ["-n", lines, ...follow, "--", ...present],
    stdin: "null",
  }).spawn().status;
  return code;
};
