import { askNginx } from "./printed_build.ts";
import { parseVersion } from "./version.ts";

/** How an nginx was built, from `nginx -V`. */
export interface Build {
  /** Such as `1.22.1`; `0.0.0` if unknown. */
  version: string;
  /** The user of its workers, if the configuration names none. */
  user: string;
  /** The modules it was built without, such as `http_map_module`. */
  without: string[];
}

/** Reads what `nginx -V` prints on its standard error. */
export function parseBuild(printed: string): Build {
  const flags = /^configure arguments: ?(.*)$/m.exec(printed)?.[1] ?? "";
  return {
    version: parseVersion(printed),
    user: /(?:^| )--user=(\S+)/.exec(flags)?.[1] ?? "nobody",
    without: [...flags.matchAll(/(?:^| )--without-(\S+)/g)]
      .map(([, module = ""]) => module),
  };
}

/**
 * How the nginx that a command runs was built.
 *
 * @throws {Error} if it can't be run.
 */
export function askBuild(command: string): Build {
  return parseBuild(askNginx(command));
}
