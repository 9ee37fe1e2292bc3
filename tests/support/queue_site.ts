import { Redis } from "./redis.ts";
import { Site } from "./site.ts";
import { until } from "./until.ts";

/** The results of a queue's jobs. */
export interface Jobs {
  /** How often each was done. */
  done: Map<string, number>;
  /** How many were done by each version. */
  versions: Map<string, number>;
  /** Jobs that a worker has taken but not done. */
  left: string[];
}

/** samples/worker with its own Redis. */
export class QueueSite implements AsyncDisposable {
  private constructor(readonly site: Site, readonly redis: Redis) {}

  /** @param seconds that a job takes */
  static async create(seconds: number): Promise<QueueSite> {
    const site = Site.fromSample("worker");
    const redis = await Redis.start(site.path("redis.sock"));
    const env = `env: REDIS_URL=${redis.url}\n  JOB_SECONDS=${seconds}`;
    const conf = site.read("deploy.conf");
    site.write("deploy.conf", conf.replaceAll(/^port: .*$/gm, `$&\n${env}`));
    return new QueueSite(site, redis);
  }

  /** Gives another version to everything that is started from now on. */
  release(version: number): void {
    for (const file of ["web.py", "worker.py"]) {
      const text = this.site.read(file);
      const named = text.replace(/^VERSION = .*$/m, `VERSION = "${version}"`);
      this.site.write(file, named);
    }
  }

  /** Waits until the queue is empty and no job is in progress, for at most `timeout` ms. */
  async untilDone(timeout = 60_000): Promise<Jobs> {
    await until("the queue is empty", async () => {
      return await this.redis.ask("llen", "jobs") === "0";
    }, timeout);
    await until("nobody works", async () => {
      return (await this.#lists()).length === 0;
    }).catch(() => {}); // the result shows what is left
    const left = await Promise.all(
      (await this.#lists()).map((list) =>
        this.redis.ask("lrange", list, 0, -1)
      ),
    );
    const done = await this.#counts("done");
    // The scheduler's jobs may come at any time.
    const own = [...done].filter(([job]) => !job.startsWith("report of"));
    return {
      done: new Map(own),
      versions: await this.#counts("done by version"),
      left: left.flatMap((text) => text.split("\n")),
    };
  }

  async #lists(): Promise<string[]> {
    const text = await this.redis.ask("keys", "jobs:of:*");
    return text.split("\n").filter((line) => line !== "");
  }

  async #counts(hash: string): Promise<Map<string, number>> {
    const lines = (await this.redis.ask("hgetall", hash)).split("\n");
    return new Map(
      lines.flatMap((name, i) =>
        i % 2 === 0 && name !== ""
          ? [[name, Number(lines[i + 1])] as const]
          : []
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}
