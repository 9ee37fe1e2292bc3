import { dirname } from "@std/path";
import { hold, holdDirectory } from "../../system/held.ts";
import { portFileOf, readPort } from "../port_file.ts";
import type { AddressKind, Located, Locator, Started } from "./kind.ts";
import { namedProcess } from "./named_process.ts";

/** The service writes its address to a port file beside its pid file. */
export const file: AddressKind = {
  isHttp: false,
  hint: "does the port file hold the port that the server listens on?",
  plan: () => undefined,
  locator({ pidFile, service }) {
    if (pidFile === undefined) throw new TypeError(service.name);
    return new PortFile(pidFile);
  },
};

/** The service writes its pid to a file, and its port to `<pid>.port` beside it. */
class PortFile implements Locator {
  readonly #old: Map<string, string>;

  constructor(readonly pidFile: string) {
    this.#old = portFilesIn(dirname(pidFile));
  }

  look(start: Started): Located | string {
    const process = namedProcess(this.pidFile, start);
    if (typeof process === "string") return process;
    const portFile = portFileOf(this.pidFile, process.pid);
    const missing = `no port in "${portFile}"`;
    // Ignores one from an earlier process with the same pid.
    if (this.#old.get(portFile) === fileIdentity(portFile)) return missing;
    const address = readPort(portFile);
    return address === undefined ? missing : { process, address, portFile };
  }
}

/** The port files in a directory, each with the identity of its file. */
function portFilesIn(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  using held = holdDirectory(directory);
  for (const { name } of Deno.readDirSync(held.path)) {
    const path = `${directory}/${name}`;
    if (/^\d+\.port$/.test(name)) found.set(path, fileIdentity(path) ?? "");
  }
  return found;
}

function fileIdentity(path: string): string | undefined {
  try {
    using file = hold(path);
    const { ino, mtime, size } = file.stat();
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch {
    return undefined;
  }
}
