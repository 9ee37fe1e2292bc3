import { join } from "@std/path";
import { isFile, readIfExists } from "../../../system/files.ts";
import type { Kind } from "../kind.ts";

/** Puma, for Rack applications in Ruby. */
export const PUMA: Kind = {
  isIn: (directory) => isFile(join(directory, "config.ru")),
  find: (directory, given) => ({
    start: command(directory) + (given === undefined ? "" : ` ${given}`),
    settings: [
      "# Puma 5 answers a kept connection late while others wait.",
      "keepalive: 0",
    ],
  }),
};

function command(directory: string): string {
  const bundled = /\bpuma\b/.test(
    readIfExists(join(directory, "Gemfile")) ?? "",
  );
  return [
    ...bundled ? ["bundle exec"] : [],
    "puma",
    ...isFile(join(directory, "puma.rb")) ? ["-C puma.rb"] : [],
    "-b unix://{socket}",
  ].join(" ");
}
