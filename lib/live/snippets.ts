import { join } from "@std/path";
import { withSlashes } from "../system/platform.ts";
import { decisionLines } from "./choice.ts";
import { httpBlocks } from "./http_level.ts";
import { pageLines } from "./steering.ts";
import { inForce } from "../nginx/configuration.ts";
import { passLines } from "./location.ts";
import { readPassOptions } from "./pass_options.ts";
import { choiceMarker, type LivePlan, type Pass, passMarker } from "./plan.ts";
import { hasNoAddress, type LiveService } from "./service.ts";
import {
  isWatched,
  watchBlocks,
  watchChoice,
  watchPass,
} from "./watch_lines.ts";

/** What the snippets refer to. */
export interface LiveSite {
  /** Where the links are. */
  stateDir: string;
  /** The names of services without an address. */
  workers: readonly string[];
  /** All services of deploy.conf, by name. */
  services: ReadonlyMap<string, LiveService>;
  /** Whether nginx has at least this version. */
  nginxAtLeast: (version: string) => boolean;
  /** Where nginx logs by default. */
  defaultLog: () => string;
}

/**
 * The functions that a template calls for the live switch, as `it.live`. They print plain
 * nginx directives. Replacing one symbolic link moves all requests at once.
 *
 * A service whose addresses zdd assigns has an upstream for each slot, with a pool of
 * connections. For each request, nginx checks whether a file exists behind the link: its
 * name is the slot that serves. For a service that chooses its own address, the link leads
 * to a directory whose name is that address.
 *
 * The output of a function depends on its place. So a template is rendered twice: in the
 * first rendering each function prints a marker, from which the plan is made.
 */
export class LiveSnippets {
  readonly passes: Pass[] = [];
  /** The names of the services of each `choose`. */
  readonly choices: string[][] = [];
  #hasUpstreams = false;

  /** @param plan from the first rendering; undefined for that one */
  constructor(readonly site: LiveSite, readonly plan?: LivePlan) {}

  /** The names of the services that the template switches live. */
  get used(): string[] {
    return [...new Set(this.passes.map(({ service: { name } }) => name))];
  }

  /** The names of the services whose answers can be logged. */
  get watched(): string[] {
    const passes = this.plan?.passes.filter(isWatched) ?? [];
    return [...new Set(passes.map(({ service: { name } }) => name))];
  }

  /** Whether the template has `upstreams` if it has `pass`. */
  get isComplete(): boolean {
    return this.passes.length === 0 || this.#hasUpstreams;
  }

  /** At http level: everything that `pass` refers to. */
  upstreams = (): string => {
    this.#hasUpstreams = true;
    if (this.plan === undefined) return "";
    const { passes, splits } = this.plan;
    const { nginxAtLeast, defaultLog } = this.site;
    return [
      ...httpBlocks(passes, splits, this.#live, nginxAtLeast),
      ...watchBlocks(passes, this.#live, defaultLog),
    ].map((lines) => lines.join("\n    ")).join("\n    ");
  };

  /** In a server: chooses the instance that serves each request. */
  choose = (...names: unknown[]): string => {
    if (names.length === 0) {
      throw new TypeError('Expected names of services in it.live.choose("…")');
    }
    const services = names.map((name) => this.#service(name, "choose"));
    const number = this.choices.push(services.map(({ name }) => name)) - 1;
    if (this.plan === undefined) return choiceMarker(number);
    const choice = this.plan.choices[number];
    const [first, ...others] = choice?.passes ?? [];
    if (choice === undefined || first === undefined) return "";
    const watch = watchChoice(choice, this.#live);
    const passes = [first, ...others];
    const distinct = new Map(passes.map((pass) => [pass.variable, pass]));
    const guards = ["auth_basic", "allow", "deny"].filter((name) =>
      inForce(first.levels, name).length > 0
    );
    return [
      "open_file_cache off;", // it would remember which instance served before
      ...decisionLines([...distinct.values()], this.#live, choice.isLast),
      // After the lines that may break if nothing is steered.
      ...watch,
      ...choice.hasPage ? pageLines(this.#live, number, guards) : [],
    ].join("\n        ");
  };

  /** In a location: passes its requests to the instance that serves. */
  pass = (name: string, options: unknown = {}): string => {
    const service = this.#service(name, "pass");
    const pass = { service, ...readPassOptions(name, options) };
    const live = this.#live;
    const number = this.passes.push(pass) - 1;
    if (this.plan === undefined) return passMarker(number);
    const planned = this.plan.passes[number];
    if (planned?.service.name !== name) {
      throw new Error(
        `it.live.pass("${name}") differs when the template is rendered again`,
      );
    }
    const { choice = -1 } = planned;
    const hasPage = this.plan.choices[choice]?.hasPage ?? false;
    return [
      ...watchPass(planned, live),
      ...passLines(planned, live, hasPage),
    ].join("\n            ");
  };

  #service(name: unknown, snippet: string): LiveService {
    const { services, workers } = this.site;
    if (workers.includes(String(name))) throw hasNoAddress(String(name));
    const service = services.get(String(name));
    if (service !== undefined) return service;
    throw new ReferenceError(
      `There is no service "${name}" for it.live.${snippet}; the services are ` +
        [...services.keys()].join(", "),
    );
  }

  /** The directory of the links, for nginx.conf. */
  get #live(): string {
    const live = withSlashes(join(this.site.stateDir, "live"));
    if (/["$\\\n]/.test(live)) {
      throw new TypeError(
        `nginx.conf cannot contain the path "${live}"; set state_dir in ` +
          "[deploy] to one without quotes, dollar signs and backslashes",
      );
    }
    return live;
  }
}
