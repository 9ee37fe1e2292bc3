import { dirname, resolve } from "@std/path";
import { ExitStatus, reasonOf, ZddError } from "../error.ts";
import { trustOwnerOf } from "../system/trusted.ts";
import { ConfReader } from "./conf_reader.ts";
import type { Config } from "./config.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { refuseMovingState } from "./moving_state.ts";
import { readNginx } from "./read_nginx.ts";
import { readService, refuseSame } from "./read_service.ts";
import { checkOrder } from "./start_order.ts";

/**
 * Reads deploy.conf and checks everything that can be checked without running anything. Mistakes
 * are in `diagnostics`; the rest of the result is only valid if there are none.
 *
 * @throws {ZddError} with exit status 2, if the file can't be read.
 */
export function readConfig(
  path: string,
): { config: Config; diagnostics: Diagnostics } {
  const file = resolve(path);
  trustOwnerOf(file);
  const conf = new ConfReader(readText(file, path), file);
  const deploy = conf.deploy();
  const values = deploy.values();
  const services = conf.services().map(({ name, section }) => ({
    section,
    service: readService(name, section, values.stateDir),
  }));
  refuseSame(services);
  checkOrder(services);
  const config: Config = {
    ...values,
    file,
    directory: dirname(file),
    nginx: readNginx(conf.nginx()),
    services: services.map(({ service }) => service),
  };
  refuseMovingState(deploy, config);
  return { config, diagnostics: conf.diagnostics };
}

function readText(file: string, path: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw new ZddError(`Cannot read "${path}": ${reasonOf(error)}`, {
      hint:
        "run zddeploy where deploy.conf is, name it with --conf, or write " +
        "one with zddeploy init",
      exitStatus: ExitStatus.usage,
    });
  }
}
