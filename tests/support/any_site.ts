import { fromFileUrl } from "@std/path";
import { ZDD } from "./site.ts";
import type { Outcome, Site } from "./site.ts";
import { liveConf, liveSite, liveTemplate } from "./live_site.ts";

/** The command that starts the server which listens where its arguments say: see any_server.mjs. */
export const ANY_SERVER = `node ${
  fromFileUrl(new URL("any_server.mjs", import.meta.url))
}`;

/** A deploy.conf whose service `web` has these lines, and [deploy] those. */
export function anyConf(service: string[], deploy: string[] = []): string {
  return liveConf([["[service:web]", ...service].join("\n") + "\n"], deploy);
}

/** A site with it, switched live. Nothing runs yet. */
export function anySite(
  service: string[],
  more: Record<string, string> = {},
): Site {
  return liveSite(anyConf(service), liveTemplate(), more);
}

/** Runs zddeploy in a directory of the site, as a shell that has gone there does. */
export async function zddIn(
  site: Site,
  directory: string,
  ...args: string[]
): Promise<Outcome> {
  const go = ["-c", 'cd "$0" && exec "$@"', directory];
  return await site.run("sh", ...go, ...ZDD, ...args);
}

/** The environment of a process. */
export function environmentOf(pid: number): Record<string, string> {
  const text = Deno.readTextFileSync(`/proc/${pid}/environ`);
  return Object.fromEntries(
    text.split("\0").filter((line) => line !== "").map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name, value.join("=")];
    }),
  );
}
