import { type Address, connectHost } from "./address.ts";

/** What a server answered. */
export interface Answer {
  status: number;
  /** The first bytes of the body. */
  text: string;
}

/**
 * GETs a path from an address (a unix socket too), or a URL. Follows no redirect.
 *
 * @param timeout ms for the whole answer
 * @param interrupt ends it early by throwing its reason
 * @throws {Error} if there is no answer in time.
 */
export async function httpGet(
  from: Address | URL,
  path: string | undefined,
  timeout: number,
  interrupt?: AbortSignal,
): Promise<Answer> {
  // Only a deploy with `health` or `verify` pays for loading it.
  const { request } = await import(
    from instanceof URL && from.protocol === "https:"
      ? "node:https"
      : "node:http"
  ) as typeof import("node:http");
  const late = AbortSignal.timeout(timeout);
  const signal = interrupt ? AbortSignal.any([late, interrupt]) : late;
  return await new Promise((resolve, fail) => {
    const reject = (error: Error) =>
      fail(
        interrupt?.aborted
          ? interrupt.reason
          : late.aborted
          ? new Deno.errors.TimedOut(
            `no answer within ${timeout / 1000} s`,
          )
          : error,
      );
    const sent = request({
      ...target(from, path),
      agent: false,
      headers: { connection: "close", "user-agent": "zddeploy" },
      signal,
    }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (text.length < 1024) text += chunk;
      });
      response.on(
        "end",
        () => resolve({ status: response.statusCode ?? 0, text }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}

function target(from: Address | URL, path?: string) {
  if (from instanceof URL) {
    return {
      host: from.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: from.port || undefined,
      path: path ?? from.pathname + from.search,
      setHost: true,
    };
  }
  if ("path" in from) return { socketPath: from.path, path };
  const host = connectHost(from.host).replace(/^\[(.*)\]$/, "$1");
  return { host, port: from.port, path };
}
