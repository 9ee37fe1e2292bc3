import type { Failure, LoadResult } from "../support/load.ts";
import type { Load } from "../support/load.ts";
import type { Site } from "../support/site.ts";

/** What each client waits between two requests, in ms: zddeploy needs the processors too. */
const PAUSE = 20;

/** What became of all requests. */
export interface Answered {
  requests: number;
  failed: number;
  failures: Failure[];
}

/**
 * Twenty clients that keep their connections and twenty that don't, which GET and POST
 * until they leave.
 */
export class Crowd implements AsyncDisposable {
  readonly #results: LoadResult[] = [];

  private constructor(
    readonly site: Site,
    readonly closing: Load,
    private keeping: Load,
  ) {}

  static async come(site: Site): Promise<Crowd> {
    const closing = await site.load({ keepAlive: false, pause: PAUSE });
    return new Crowd(site, closing, await site.load({ pause: PAUSE }));
  }

  /** Does something while nobody keeps a connection. */
  async withoutKeepers(act: () => Promise<void>): Promise<void> {
    this.#results.push(await this.keeping.stop());
    try {
      await act();
    } finally {
      this.keeping = await this.site.load({ pause: PAUSE });
    }
  }

  async leave(): Promise<Answered> {
    this.#results.push(await this.keeping.stop(), await this.closing.stop());
    const sum = (of: (result: LoadResult) => number) =>
      this.#results.reduce((sum, result) => sum + of(result), 0);
    return {
      requests: sum(({ requests }) => requests),
      failed: sum(({ failed }) => failed),
      failures: this.#results.flatMap(({ failures }) => failures),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeping[Symbol.asyncDispose]();
    await this.closing[Symbol.asyncDispose]();
  }
}
