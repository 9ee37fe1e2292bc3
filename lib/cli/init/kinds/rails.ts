import { join } from "@std/path";
import { isFile } from "../../../system/files.ts";
import type { Kind } from "../kind.ts";
import { textOf } from "../project.ts";
import { pumaServer } from "./puma.ts";

/** Ruby on Rails, on Puma. */
export const RAILS: Kind = {
  // Rails has a config.ru, and a package.json for its assets.
  before: ["puma", "node"],
  isIn: (directory) =>
    isFile(join(directory, "config/application.rb")) &&
    /\brails\b/.test(
      textOf(directory, "Gemfile") + textOf(directory, "config/application.rb"),
    ),
  find(directory, given) {
    const server = pumaServer(directory, given, [
      "RAILS_ENV=production",
      "RAILS_LOG_TO_STDOUT=1",
      "RAILS_SERVE_STATIC_FILES=1",
    ]);
    const { settings = [] } = server;
    // Since Rails 7.1; it answers 200 when the application has booted.
    const hasUp = /["']rails\/health#show["']/.test(
      textOf(directory, "config/routes.rb").replace(/^\s*#.*/gm, ""),
    );
    return {
      ...server,
      settings: [
        ...settings,
        ...hasUp
          ? ["# Whether the application has booted.", "health: /up"]
          : [],
      ],
      notes: isFile(join(directory, "config/master.key")) ? [] : [
        "Rails needs a secret in production, and there is no config/master.key: " +
        "put it there, or SECRET_KEY_BASE into a file that env_file names",
      ],
    };
  },
};
