import type { Config } from "../../lib/config/config.ts";
import { readConfig } from "../../lib/config/read_config.ts";
import { ZddError } from "../../lib/error.ts";
import { TempDir } from "../system/temp_dir.ts";

/** A [nginx] without a mistake; three lines. */
export const NGINX =
  "[nginx]\ntemplate: nginx.conf.template\npid_file: n.pid\n";
/** A service without a mistake, for behind {@linkcode NGINX}: its heading is on line 4. */
export const WEB = "[service:web]\nstart: ./web\npid_file: web.pid\n";

/** A directory with an nginx.conf.template and a deploy.conf. */
export class ConfDir extends TempDir {
  constructor(...lines: string[]) {
    super();
    this.write("nginx.conf.template");
    this.write("deploy.conf", lines.join("\n"));
  }

  get file(): string {
    return this.join("deploy.conf");
  }

  /** Reads deploy.conf, in which there must be no mistake. */
  config(): Config {
    const { config, diagnostics } = readConfig(this.file);
    diagnostics.throwIfAny();
    return config;
  }

  /** The mistakes of deploy.conf, one a line. */
  mistakes(): string[] {
    try {
      readConfig(this.file).diagnostics.throwIfAny();
      return [];
    } catch (error) {
      if (!(error instanceof ZddError)) throw error;
      return error.message.split("\n");
    }
  }
}

/** The mistakes in a deploy.conf of these texts. */
export function mistakesIn(...texts: string[]): string[] {
  using directory = new ConfDir(texts.join(""));
  return directory.mistakes();
}
