import { basename } from "@std/path";
import { ExitStatus, ZddError } from "../error.ts";
import type { PlannedPass } from "../live/plan.ts";
import { kindOf } from "../live/protocols.ts";
import type { Rendered } from "../live/render.ts";
import { inForce } from "../nginx/configuration.ts";
import { parseNginxTime } from "../nginx/time.ts";
import { formatDuration } from "../text/duration.ts";
import type { Pause } from "./pause.ts";
import type { Project } from "./read.ts";

/** How long nginx waits for an answer, and for room for a request, unless told, in ms. */
const USUAL = 60_000;

/**
 * Makes sure that nginx can hold the requests of services as long as they may have to wait.
 *
 * @throws {ZddError} with exit status 2 and the way out, if it can't.
 */
export function requireHoldable(
  { config, template }: Project,
  { live, plan, marked }: Rendered,
  { services, max }: Pick<Pause, "services" | "max">,
): void {
  const exitStatus = ExitStatus.usage;
  for (const name of services) {
    if (live.includes(name)) continue;
    throw new ZddError(
      `${name} cannot be paused: the template doesn't switch it live`,
      {
        hint: `use <%= it.live.pass("${name}") %> in the location and ` +
          `<%= it.live.choose("${name}") %> in the server of ` +
          `"${basename(config.nginx.template)}", then zddeploy deploy`,
        exitStatus,
      },
    );
  }
  const passes =
    plan?.passes.filter(({ service }) => services.includes(service.name)) ?? [];
  for (const pass of passes) {
    const { service, marker, choice, isConditional } = pass;
    const line = marker && marked.lines[marker.line - 1];
    const place = `${basename(template.file)}${line ? `:${line}` : ""}`;
    if (choice === undefined && isConditional) {
      const choose = `<%= it.live.choose("${service.name}") %>`;
      throw new ZddError(
        `${service.name} cannot be paused: it.live.pass stands in an "if" ` +
          `(${place})`,
        { hint: `write ${choose} in the server`, exitStatus },
      );
    }
    const { name, time } = boundOf(pass);
    if (time > max) continue;
    throw new ZddError(
      `Requests to ${service.name} cannot be held for ` +
        `${formatDuration(max)}: ${name} is ${formatDuration(time)} (${place})`,
      {
        hint: `use --max with less, or set ${name} in the location to more ` +
          "than requests may wait and be answered in",
        exitStatus,
      },
    );
  }
}

/** After what time nginx gives a request up that nobody answers or reads, and by which directive. */
function boundOf({ protocol, levels }: PlannedPass) {
  const { module } = kindOf(protocol);
  const [read, send] = ["read", "send"].map((what) => {
    const name = `${module}_${what}_timeout`;
    const [directive] = inForce(levels, name);
    const time = parseNginxTime(directive?.args.join(" ") ?? "") ?? USUAL;
    return { name, time };
  });
  if (read === undefined || send === undefined) throw new TypeError(module);
  return read.time <= send.time ? read : send;
}
