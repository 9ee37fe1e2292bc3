import { readProject } from "../../lib/deploy/read.ts";
import type { Event } from "../../lib/deploy/report.ts";
import { stop } from "../../lib/deploy/change/stop.ts";
import type { Project } from "../../lib/deploy/read.ts";
import type { RunOptions } from "../../lib/deploy/run.ts";
import {
  type ServiceState,
  type State,
  stateOf,
} from "../../lib/state/state.ts";
import { readState } from "../../lib/state/state_file.ts";
import { StateDir } from "../../lib/state/state_dir.ts";
import { classicTemplate, liveTemplate } from "../support/project.ts";
import { TestDirectory } from "../support/test_directory.ts";

/** What a rig's deploy.conf says. */
export interface RigOptions {
  /** More lines of [service:web]. */
  lines?: string[];
  deploy?: string[];
  /** More sections. */
  sections?: string;
  start?: string;
}

/** A server that is up within a few ms. */
const START = "busybox httpd -f -p 127.0.0.1:{port} -h www";

/**
 * A project whose changes run in the test's own process, with a real server and a real
 * nginx: a twentieth of a second each.
 */
export class Rig implements AsyncDisposable {
  readonly #directory = new TestDirectory();
  /** What has happened, as `STEP SUBJECT: MESSAGE` without numbers, but for what has only begun. */
  events: string[] = [];

  constructor(readonly isLive = true) {
    this.#directory.write("www/index.html", "hello");
    const template = isLive ? liveTemplate() : classicTemplate();
    this.#directory.write("nginx.conf.template", template);
    this.configure();
  }

  /** Writes deploy.conf anew. */
  configure(
    { lines = [], deploy = [], sections = "", start = START }: RigOptions = {},
  ): void {
    this.#directory.write(
      "deploy.conf",
      [
        "[nginx]\ntemplate: nginx.conf.template\npid_file: nginx.pid",
        `[service:web]\nport: env\nstart: ${start}`,
        ...[...lines, "[deploy]", ...deploy, sections],
      ].join("\n"),
    );
  }

  path(name: string): string {
    return this.#directory.path(name);
  }

  write(name: string, text: string): void {
    this.#directory.write(name, text);
  }

  read(name: string): string {
    return this.#directory.read(name);
  }

  get project(): Project {
    return readProject(this.path("deploy.conf"));
  }

  get directory(): StateDir {
    return new StateDir(this.path(".zdd"));
  }

  get state(): State {
    return readState(this.directory).state;
  }

  /** What the state says of the service. */
  get web(): ServiceState {
    return stateOf(this.state, "web");
  }

  /** The pids of those that are current. */
  get serving(): number[] {
    return this.web.current.map(({ process }) => process.pid);
  }

  /** Options that take down what happens, anew. */
  options(options: Partial<RunOptions> = {}): RunOptions {
    this.events = [];
    const report = ({ step, subject, message, level }: Event) => {
      if (level === "begin") return;
      const text = message.replace(/(?<=:|^|\s)\d+/g, "N");
      this.events.push(`${step} ${subject}: ${text}`);
    };
    return { report, ...options };
  }

  /** The status of a page that nginx serves. */
  async get(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.#directory.port}/`);
    await response.body?.cancel();
    return response.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.configure({ lines: ["kill_after: 0.1"] });
    await stop(this.project, {
      ...this.options(),
      nginx: true,
    });
    await this.#directory[Symbol.asyncDispose]();
  }
}
