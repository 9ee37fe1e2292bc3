import type { NginxConfig } from "../../lib/config/config.ts";
import { childrenOf } from "../../lib/system/children.ts";
import { TempDir } from "../system/temp_dir.ts";
import { freePort } from "../support/free_port.ts";
import { until } from "../support/until.ts";

/** What nginx would otherwise keep where only root may write. */
const TEMPORARY_FILES = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** A directory for a real nginx, which is ended, by its pid, with all of its workers. */
export class RealNginx implements AsyncDisposable {
  readonly directory: TempDir;
  readonly port = freePort();
  readonly config: NginxConfig;

  /** @param name of a directory in which all of it is */
  constructor(name = "site") {
    this.directory = new TempDir();
    Deno.chmodSync(this.directory.path, 0o755);
    const rendered = this.directory.join(name, "nginx.conf");
    this.config = {
      template: `${rendered}.template`,
      rendered,
      conf: rendered,
      pidFile: this.directory.join(name, "nginx.pid"),
      command: "/usr/sbin/nginx",
      reloadTimeout: 10_000,
    };
    this.directory.write(`${name}/log/nginx.log`);
    this.write(`location / { return 200 "one"; }`);
  }

  /** Where nginx logs its errors. */
  get errorLog(): string {
    return this.config.conf.replace(/nginx\.conf$/, "error.log");
  }

  /** The state directory, with a `log` in it. */
  get stateDir(): string {
    return this.config.conf.replace(/\/nginx\.conf$/, "");
  }

  /** Writes nginx.conf with this in its server. */
  write(server: string, listen = this.port): void {
    Deno.writeTextFileSync(
      this.config.conf,
      `pid "${this.config.pidFile}";
error_log "${this.errorLog}";
worker_processes 1;
events {}
http {
  access_log off;
${
        TEMPORARY_FILES.map((kind) =>
          `  ${kind}_temp_path "${this.stateDir}/tmp";`
        ).join("\n")
      }
  server {
    listen 127.0.0.1:${this.port};
    ${listen === this.port ? "" : `listen 127.0.0.1:${listen};`}
    ${server}
  }
}
`,
    );
  }

  /** What it answers. */
  async get(path = "/"): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { connection: "close" },
    });
    return await response.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = this.#runningMaster();
    if (pid !== undefined) {
      const workers = childrenOf(pid).map((worker) => worker.pid);
      for (const process of [pid, ...workers]) kill(process);
      await until("nginx is gone", () => this.#runningMaster() === undefined);
    }
    this.directory[Symbol.dispose]();
  }

  #runningMaster(): number | undefined {
    try {
      const pid = Number(Deno.readTextFileSync(this.config.pidFile));
      if (!(pid > 1)) return undefined;
      const title = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
      return title.includes(this.config.conf) ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { /* gone already */ }
}
