import { join } from "@std/path";
import { isFile } from "../../../system/files.ts";
import type { Kind, Server } from "../kind.ts";
import { firstFile, textOf } from "../project.ts";

/** Puma, for Rack applications in Ruby. */
export const PUMA: Kind = {
  isIn: (directory) => isFile(join(directory, "config.ru")),
  find: (directory, given) =>
    pumaServer(directory, given, ["RACK_ENV=production"]),
};

/** Puma on a socket, through Bundler if the Gemfile lists puma. */
export function pumaServer(
  directory: string,
  given: string | undefined,
  env: readonly string[],
): Server {
  const isBundled = /^\s*gem\s+["']puma["']/m.test(
    textOf(directory, "Gemfile"),
  );
  // Puma finds config/puma.rb by itself, and the one for RACK_ENV.
  const file = firstFile(directory, ["puma.rb"]);
  return {
    start: [
      ...isBundled ? ["bundle exec"] : [],
      "puma",
      ...file === undefined ? [] : [`-C ${file}`],
      "-b unix://{socket}",
      ...given === undefined ? [] : [given],
    ].join(" "),
    env,
    settings: [
      "# Puma 5 answers a kept connection late while others wait.",
      "keepalive: 0",
    ],
  };
}
