import { isFile } from "../../lib/system/files.ts";
import { findProgram } from "../../lib/system/program.ts";
import { until } from "./until.ts";

const CLIENT = "/usr/lib/python3/dist-packages/redis/__init__.py";

/** Whether Redis and its Python client are installed. If not, says what is skipped. */
export function hasRedis(what: string): boolean {
  const missing = findProgram("redis-server", ".") === undefined
    ? "redis-server"
    : isFile(CLIENT)
    ? undefined
    : "python3-redis";
  if (missing === undefined) return true;
  // deno-lint-ignore no-console
  console.log(`skipped: ${what}: ${missing} isn't installed`);
  return false;
}

/** A Redis that stores nothing on disk, on its own socket. */
export class Redis implements AsyncDisposable {
  private constructor(
    readonly server: Deno.ChildProcess,
    readonly socket: string,
  ) {}

  /** @param socket its path, at most 107 bytes */
  static async start(socket: string): Promise<Redis> {
    const own = ["--port", "0", "--unixsocket", socket];
    const server = new Deno.Command("redis-server", {
      args: [...own, "--save", "", "--appendonly", "no"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const redis = new Redis(server, socket);
    await until("Redis answers", async () => {
      return await redis.ask("ping").catch(() => "") === "PONG";
    });
    return redis;
  }

  /** Its URL for clients. */
  get url(): string {
    return `unix://${this.socket}`;
  }

  /** Its answer, one line per value. @throws {Error} with its message, if it refuses. */
  async ask(...command: (string | number)[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("redis-cli", {
      args: ["-e", "-s", this.socket, ...command.map(String)],
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(text.decode(stderr) + text.decode(stdout));
    return text.decode(stdout).trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.server.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.server.status;
  }
}
