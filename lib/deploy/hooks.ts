import { join } from "@std/path";
import type { Config } from "../config/config.ts";
import { camelCase } from "../config/key.ts";
import type { Hook } from "../config/keys/deploy.ts";
import { messageOf, ZddError } from "../error.ts";
import { appendText } from "../system/safe_open.ts";
import { runApart } from "../system/run_apart.ts";
import { type Report, stopwatch } from "./report.ts";
import { releaseIn } from "../state/history.ts";
import type { State } from "../state/state.ts";

/** How long to wait for a hook that was told to end, in ms. */
const PATIENCE = 5000;

/** What hooks get in their environment, beside the state. */
export interface HookFacts {
  /** The command that runs. */
  command: string;
  release?: string;
}

/** Runs the hooks of deploy.conf at their moments. */
export class Hooks {
  readonly #log: string;

  constructor(
    readonly config: Config,
    readonly report: Report,
    readonly facts: HookFacts,
  ) {
    this.#log = join(config.stateDir, "log", "hooks.log");
  }

  /** Whether there is a command for a hook. */
  has(hook: Hook): boolean {
    return this.config[camelCase(hook)] !== undefined;
  }

  /**
   * Runs a hook that must succeed.
   *
   * @param state for its environment: the instances that serve
   * @param signal ends it early
   * @throws {ZddError} with its output, if it doesn't.
   */
  async require(
    hook: Hook,
    state: State,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#require(hook, this.#variables(hook, state), signal);
  }

  /**
   * Runs a command of the user like a hook. If it must end early, it gets a signal and a few
   * seconds to end.
   *
   * @throws {ZddError} with its output, if it fails.
   */
  async command(
    name: string,
    command: string | string[],
    state: State,
    signal?: AbortSignal,
  ): Promise<void> {
    const env = this.#variables(name, state);
    await this.#succeed(name, command, env, signal);
  }

  async #require(
    hook: Hook,
    env: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<void> {
    const command = this.config[camelCase(hook)];
    if (command === undefined) return;
    await this.#succeed(hook, command, env, signal);
  }

  async #succeed(
    hook: string,
    command: string | string[],
    env: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { status, lines } = await this.#run(hook, command, env, signal);
    if (status === 0) return;
    const text = typeof command === "string" ? command : command.join(" ");
    const [first = "", ...more] = text.trim().split("\n");
    const what = more.length === 0 ? `"${text}"` : `the script "${first} …"`;
    throw new ZddError(
      `${hook} failed: ${what} ended with exit status ${status}`,
      {
        hint: hook === "pause"
          ? "fix that, then run the same command again"
          : undefined,
        quote: lines,
        source: this.#log,
      },
    );
  }

  /**
   * Runs a hook whose failure is only reported.
   *
   * @param error why the deploy failed, if it did
   */
  async inform(hook: Hook, state: State, error?: unknown): Promise<void> {
    try {
      await this.#require(hook, this.#variables(hook, state, error));
    } catch (error) {
      const message = messageOf(error);
      this.report({ step: "hook", subject: "zdd", message, level: "warning" });
    }
  }

  async #run(
    hook: string,
    command: string | string[],
    env: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<{ status: number; lines: string[] }> {
    this.#announce(hook);
    const took = stopwatch();
    const subject = hook;
    this.report({ step: "hook", subject, message: "running", level: "begin" });
    const script = typeof command === "string" && command.includes("\n")
      ? `set -e\n${command}`
      : command;
    const { status = 0, lines } = await runApart(script, {
      cwd: this.config.directory,
      log: this.#log,
      env,
      inherit: "all", // it is part of the job that zddeploy is part of
      signal,
      patience: PATIENCE,
    });
    this.report({
      step: "hook",
      subject,
      message: `exit status ${status}`,
      ms: took(),
      level: "detail",
    });
    for (const line of lines) {
      this.report({ step: "hook", subject, message: line });
    }
    return { status, lines };
  }

  /** Writes to the log which hook runs, and when. */
  #announce(hook: string): void {
    try {
      const line = `${new Date().toISOString()} ${hook}\n`;
      appendText(this.#log, line, 0o640);
    } catch { /* opening the log for the hook reports the same error */ }
  }

  #variables(
    hook: string,
    state: State,
    error?: unknown,
  ): Record<string, string> {
    const { command, release } = this.facts;
    // For `deploy`, only the given release counts; other commands are about the serving one.
    const before = command === "deploy" ? undefined : releaseIn(state);
    const variables: Record<string, string> = {
      ZDD_HOOK: hook,
      ZDD_COMMAND: command,
      ZDD_CONF: this.config.file,
      ZDD_STATE_DIR: this.config.stateDir,
      ZDD_SERVICES: this.config.services.map(({ name }) => name).join(" "),
      ZDD_RELEASE: release ?? before ?? "",
      ZDD_ERROR: error === undefined ? "" : messageOf(error),
    };
    for (const { name } of this.config.services) {
      const current = state.services[name]?.current ?? [];
      const suffix = name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
      variables[`ZDD_PID_${suffix}`] = current
        .map(({ process }) => process.pid).join(" ");
      variables[`ZDD_ADDRESS_${suffix}`] = current
        .flatMap(({ address }) => address ?? []).join(" ");
    }
    return variables;
  }
}
