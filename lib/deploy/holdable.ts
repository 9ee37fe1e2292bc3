import { basename } from "@std/path";
import type { Config } from "../config/config.ts";
import { ExitStatus, ZddError } from "../error.ts";
import { type Slot, SLOTS } from "../instance/slots.ts";
import type { HoldPlace } from "../live/hold.ts";
import { upstreamOf } from "../live/identifiers.ts";
import { holdAddress } from "../live/steering.ts";
import type { PlannedPass } from "../live/plan.ts";
import { kindOf } from "../live/protocols.ts";
import type { Rendered } from "../live/render.ts";
import { inForce } from "../nginx/configuration.ts";
import { parseNginxTime } from "../nginx/time.ts";
import { formatDuration } from "../text/duration.ts";
import { isSlotted } from "./live_switch.ts";
import { type State, stateOf } from "../state/state.ts";
import type { Pause } from "./pause.ts";
import type { Project } from "./read.ts";

/** The default of nginx's read and send timeouts, in ms. */
const USUAL = 60_000;

/**
 * Makes sure that nginx can hold the requests of services for `max` ms.
 *
 * @throws {ZddError} with exit status 2 and a hint, if it can't.
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
        `${service.name} cannot be paused: it.live.pass is inside an "if" ` +
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
        hint: `use a smaller --max, or a larger ${name} in the location: ` +
          "a request may wait that long, and must then be answered",
        exitStatus,
      },
    );
  }
}

/** The time after which nginx gives up a request that isn't read or answered, and its directive. */
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

/**
 * The sockets to which nginx passes the held requests of a service.
 *
 * @throws {ZddError} with exit status 2, if their path can't be used for a socket.
 */
export function placesOf(
  config: Config,
  live: string,
  state: State,
  service: string,
): HoldPlace[] {
  const { slots = {} } = stateOf(state, service);
  const place = (slot?: Slot): HoldPlace => {
    const address = holdAddress(live, upstreamOf(service, slot ?? SLOTS[0]));
    if (address === undefined) {
      throw new ZddError(
        `Requests cannot be held: the path of the sockets in "${live}" is too ` +
          "long, or has characters that nginx doesn't take there",
        {
          hint: "set state_dir in [deploy] to another one, such as " +
            "/var/lib/zdd/NAME",
          exitStatus: ExitStatus.usage,
        },
      );
    }
    return { service, slot, slots, path: address.slice("unix:".length) };
  };
  if (!isSlotted(config, state, service)) return [place()];
  return SLOTS.filter((slot) => slots[slot] !== undefined).map(place);
}
