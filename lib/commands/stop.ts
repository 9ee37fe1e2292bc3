import type { Command } from "../cli/command.ts";
import { LOCK_WAIT, SERVICE } from "../cli/options.ts";

export const stop: Command = {
  name: "stop",
  summary: "stop all services",
  options: [
    SERVICE,
    { name: "nginx", help: "stop nginx too, first" },
    LOCK_WAIT,
  ],
  about: [
    "Stops all instances with their stop command, including standby and " +
    "canary instances. From then on, requests fail. You can also stop a " +
    "service that is no longer in deploy.conf.",
  ],
  examples: ["zddeploy stop --service worker", "zddeploy stop --nginx"],
  async run(options, input) {
    const { service: services } = input.values;
    const nginx = input.flags.includes("nginx");
    const { runChange, stop } = await import("./changing.ts");
    return await runChange(
      options,
      input,
      "stopped",
      (project, how) => stop(project, { ...how, services, nginx }),
      { starts: false },
    );
  },
};
