import type { Command } from "../cli/command.ts";
import { readSeconds } from "../cli/option_values.ts";
import { LOCK_WAIT, MAX, SERVICE, USUAL_MAX, WAIT } from "../cli/options.ts";
import { usage } from "../cli/usage.ts";

export const pause: Command = {
  name: "pause",
  rest: "-- COMMAND…",
  summary: "run a command while requests wait and the services are idle",
  options: [SERVICE, MAX, WAIT, LOCK_WAIT],
  about: [
    "Holds new requests: nginx accepts them, but no service gets them yet. Waits " +
    "until the services have answered the requests that they have and are idle, runs " +
    "COMMAND, and passes the held requests on. No request is lost, and nginx isn't " +
    "reloaded.",
    "No request is held longer than `--max`. After that time, requests go on, COMMAND " +
    "gets SIGTERM, and the exit status is 1. If zddeploy dies, they go on at once. " +
    "`--max` must be less than nginx's `proxy_read_timeout`.",
    "A service with lasting connections, such as websockets, is never idle. With " +
    "`--wait`, COMMAND runs after that time, and these connections stay open.",
  ],
  examples: [
    "zddeploy pause -- npm run migrate",
    "zddeploy pause --max 50 --wait 5 --service web -- sh -c './dump && ./compact'",
  ],
  async run(options, input) {
    const { rest, values } = input;
    if (rest.length === 0) {
      throw usage(
        'pause takes a command after "--"',
        "for example: zddeploy pause -- npm run migrate",
      );
    }
    const max = readSeconds("max", values.max?.at(-1)) ?? USUAL_MAX;
    const wait = readSeconds("wait", values.wait?.at(-1));
    const { pause, runChange } = await import("./changing.ts");
    const { service: services } = values;
    return await runChange(
      options,
      input,
      "paused",
      (project, how) =>
        pause(project, { ...how, services, command: rest, max, wait }),
    );
  },
};
