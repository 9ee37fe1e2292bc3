import type { LoadOptions } from "./load_options.ts";
import type { LoadResult } from "./load_result.ts";
import { RawServer, type Serve } from "./raw_server.ts";
import { runLoad } from "./run_load.ts";

/** Makes one client send a number of requests to a server that behaves like this. */
export async function load(
  serve: Serve,
  requests: number,
  options: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  await using server = new RawServer(serve);
  return await loadOn(server.url, requests, options);
}

/** Makes one client send a number of requests. */
export function loadOn(
  url: string,
  requests: number,
  options: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  const { signal } = new AbortController();
  return runLoad({ url, clients: 1, requests, ...options }, signal);
}

/** A server that always sends the same good answer. */
export const always: (body: string) => Serve = (body) => async (peer) => {
  while (true) {
    await peer.request();
    await peer.answer(body);
  }
};
