import { basename, dirname, join } from "@std/path";
import type { NginxConfig } from "../config/config.ts";
import { formatDuration } from "../text/duration.ts";
import { ZddError } from "../error.ts";
import {
  discard,
  isFile,
  modeOf,
  readIfExists,
  writeAtomically,
} from "../system/files.ts";
import { isRunning, type ProcessId, sendSignal } from "../system/process.ts";
import { escapeControls } from "../text/escape.ts";
import { startDetached } from "../system/shell.ts";
import { traceCommand } from "../system/trace.ts";
import { readTail, sizeOf } from "../system/tail.ts";
import { waitUntil } from "../system/wait.ts";
import { type TemplateLines, withTemplateLine } from "./template_line.ts";
import {
  type PrintedBuild,
  printedBuild,
  rememberBuild,
} from "./printed_build.ts";
import { parseDefaultLog, parseVersion } from "./version.ts";
import { findMaster, findNamedMaster, workersOf } from "./master.ts";

/** The nginx of one deploy.conf: an unmodified nginx, found through its pid file. */
export class Nginx {
  /** The file for what nginx prints when zdd starts it. */
  readonly log: string;
  /** The file that remembers how nginx was built. */
  readonly #memory: string;
  #build: PrintedBuild | undefined;

  constructor(readonly config: NginxConfig, stateDir: string) {
    this.log = join(stateDir, "log", "nginx.log");
    this.#memory = join(stateDir, "nginx-build.json");
  }

  /** The running master; undefined if nginx doesn't run. */
  master(): ProcessId | undefined {
    return findMaster(this.config.pidFile, this.config.conf);
  }

  /** @throws {ZddError} if the pid file names an nginx with another configuration. */
  requireOwn(): void {
    const { pidFile, conf } = this.config;
    if (this.master() !== undefined) return;
    const other = findNamedMaster(pidFile);
    if (other === undefined) return;
    throw new ZddError(
      `"${pidFile}" names nginx ${other.pid}, which runs with ` +
        `"${other.conf}" and not with "${conf}"`,
      {
        hint: `if that is the nginx to use, say "conf: ${other.conf}" in ` +
          "[nginx]; else give this one a pid_file of its own",
      },
    );
  }

  /** Whether nginx's program exists. */
  isInstalled(): boolean {
    return isFile(this.config.command);
  }

  /**
   * The version of nginx, or of the nginx that a fork is based on, such as `1.22.1`.
   * `0.0.0` if there is no nginx. Runs `nginx -V` if that isn't remembered.
   */
  version(): string {
    return this.isInstalled() ? parseVersion(this.#printedBuild()) : "0.0.0";
  }

  /** Where it logs requests by default, as built. */
  defaultLog(): string {
    return parseDefaultLog(this.#printedBuild());
  }

  /** Remembers how nginx was built, if something has asked, so that the next run needn't. */
  remember(): void {
    if (this.#build !== undefined) rememberBuild(this.#build, this.#memory);
  }

  #printedBuild(): string {
    this.#build ??= printedBuild(this.config.command, this.#memory);
    return this.#build.printed;
  }

  /**
   * Has nginx test its configuration.
   *
   * @throws {ZddError} with nginx's messages, if it doesn't pass `nginx -t`.
   */
  async test(lines: TemplateLines = []): Promise<void> {
    await this.#test(this.config.conf, lines);
  }

  /**
   * Tests a text that would become the configuration. It is written to a temporary file
   * beside the configuration, so that relative includes work. nginx may create the logs and
   * temporary directories that it names.
   */
  async testText(text: string, lines: TemplateLines = []): Promise<void> {
    const { conf, pidFile } = this.config;
    const unique = crypto.randomUUID().slice(0, 8);
    const file = join(dirname(conf), `.${basename(conf)}.${unique}`);
    const pidBefore = readIfExists(pidFile);
    // It may contain a secret.
    writeAtomically(file, text, { mode: modeOf(conf) ?? 0o600 });
    try {
      await this.#test(file, lines);
    } finally {
      discard(file);
      // nginx -t leaves an empty one.
      if (pidBefore === undefined && readIfExists(pidFile) === "") {
        discard(pidFile);
      }
    }
  }

  async #test(file: string, lines: TemplateLines): Promise<void> {
    const { command, conf, rendered, template } = this.config;
    const args = ["-t", "-c", file];
    const cwd = dirname(conf);
    traceCommand([command, ...args], cwd);
    const { success, stderr } = await new Deno.Command(command, {
      args,
      cwd,
      stdin: "null",
    }).output();
    if (success) return;
    const words = new TextDecoder().decode(stderr).replaceAll(file, conf)
      .trim().split("\n").map(escapeControls)
      .map((line) => withTemplateLine(line, rendered, template, lines));
    throw new ZddError(`nginx refuses "${conf}"`, {
      quote: words.filter((line) => !/ test failed$/.test(line)),
      source: `${command} -t -c ${conf}`,
      hint: words.some((line) => line.includes("(13: Permission denied)"))
        ? "run zddeploy as the user who runs nginx, or fix the template"
        : "fix the template; nginx keeps the configuration it has",
    });
  }

  /**
   * Starts nginx and waits until it has workers.
   *
   * @throws {ZddError} with what nginx printed, if it ends or doesn't come up in time.
   */
  async start(signal?: AbortSignal): Promise<ProcessId> {
    const { command, conf, pidFile, reloadTimeout } = this.config;
    const printed = sizeOf(this.log);
    const { exited } = startDetached([command, "-c", conf], {
      cwd: dirname(conf),
      log: this.log,
      scope: {
        name: `zdd-nginx-${crypto.randomUUID().slice(0, 8)}`,
        killSignal: "SIGQUIT", // lets requests finish
      },
    });
    let status: number | undefined;
    exited.then((code) => status = code);
    const master = await waitUntil(() => {
      const found = this.master();
      if (found !== undefined && workersOf(found).length > 0) return found;
      return status === undefined || status === 0 ? undefined : "failed";
    }, { timeout: reloadTimeout, signal });
    if (master !== undefined && master !== "failed") return master;
    throw new ZddError(
      master === "failed"
        ? `nginx didn't start: exit status ${status}`
        : `nginx isn't up after ${formatDuration(reloadTimeout)}: no worker ` +
          `of a master that "${pidFile}" names`,
      {
        quote: readTail(this.log, printed),
        source: this.log,
        hint: master === "failed"
          ? undefined
          : `does the template say "pid {nginx_pid_filename};"?`,
      },
    );
  }

  /** Ends nginx when its connections are done (SIGQUIT), or at once after `reload_timeout`. */
  async quit(master: ProcessId): Promise<void> {
    const timeout = this.config.reloadTimeout;
    for (const signal of ["SIGQUIT", "SIGTERM"] as const) {
      if (!sendSignal(master, signal)) return;
      await waitUntil(() => isRunning(master) ? undefined : true, { timeout });
    }
  }
}
