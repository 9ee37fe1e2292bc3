import type { Command } from "../cli/command.ts";
import { LOCK_WAIT, SERVICE } from "../cli/options.ts";

export const stop: Command = {
  name: "stop",
  summary: "stop all services",
  options: [
    SERVICE,
    { name: "nginx", help: "stop nginx too, before them" },
    LOCK_WAIT,
  ],
  about: [
    "Stops instances with their stop command, standby and canary ones too. Their " +
    "requests fail from then on: nothing replaces them. A service that has left " +
    "deploy.conf can still be stopped.",
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
