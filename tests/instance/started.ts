import type { ServiceConfig } from "../../lib/config/config.ts";
import type { Instance } from "../../lib/instance/instance.ts";
import { planInstance } from "../../lib/instance/plan.ts";
import { start } from "../../lib/instance/start.ts";
import { processesOf } from "../../lib/instance/processes.ts";
import { type ProcessId, sendSignal } from "../../lib/system/process.ts";
import type { TempDir } from "../system/temp_dir.ts";
import { serviceIn } from "./service_config.ts";

/**
 * Listens on SOCKET or PORT, else on the ports that it is given, else on any. With
 * PID_FILE, a child serves, which the file names.
 */
const SERVER = `
import os, socket, sys, time
servers = []
if "SOCKET" in os.environ:
    servers.append(socket.socket(socket.AF_UNIX))
    servers[0].bind(os.environ["SOCKET"])
else:
    for port in [os.environ["PORT"]] if "PORT" in os.environ else sys.argv[1:] or ["0"]:
        servers.append(socket.socket())
        servers[-1].bind(("127.0.0.1", int(port)))
if "PID_FILE" in os.environ and (child := os.fork()):
    with open(os.environ["PID_FILE"], "w") as file:
        file.write(str(child))
for server in servers:
    server.listen()
time.sleep(60)
`;

/** A service of that server, without a pid file. */
export function serverIn(
  directory: TempDir,
  overrides: Partial<ServiceConfig>,
): ServiceConfig {
  directory.write("server.py", SERVER);
  return serviceIn(directory, {
    start: "/usr/bin/python3 server.py",
    pidFile: undefined,
    ...overrides,
  });
}

/** A started instance, which is ended when the test is over, also if it isn't found. */
export class Started implements Disposable {
  private constructor(readonly instance: Instance, readonly leader: number) {}

  static async start(
    service: ServiceConfig,
    number: number,
    given?: { slot: "a" | "b"; address: string },
  ): Promise<Started> {
    const plan = planInstance(service, number, given);
    using launch = await start(plan);
    const { leader } = launch;
    try {
      return new Started(await launch.instance(), leader.pid);
    } catch (error) {
      endAll(processesOf({ id: plan.id, log: plan.log, leader }));
      throw error;
    }
  }

  [Symbol.dispose](): void {
    endAll(processesOf(this.instance));
  }
}

function endAll(processes: ProcessId[]): void {
  for (const process of processes) sendSignal(process, "SIGKILL");
}
