import { fromFileUrl } from "@std/path";
import { Site } from "../support/site.ts";

export { freePort } from "../support/free_port.ts";
export type { Site } from "../support/site.ts";
export { until } from "../support/until.ts";

/** How the service ends: see app.mjs. */
export type Ending = "drains" | "exits";

const APP = fromFileUrl(new URL("app/app.mjs", import.meta.url));
const open = new Set<Site>();

/** A directory for one measurement. All its processes end with it. */
export function openSite(files: Record<string, string>): Site {
  const site = Site.create(files);
  open.add(site);
  return site;
}

/** Ends all processes, since the user has interrupted the benchmark. */
export async function closeAll(): Promise<void> {
  for (const site of open) {
    try {
      await site[Symbol.asyncDispose]();
    } catch { /* it is already closed */ }
  }
}

/** The command that starts the service in a site. */
export function appCommand(
  ending: Ending,
  releaseFile = "release",
  pidFile?: string,
): string[] {
  return ["node", APP, ending, releaseFile, ...pidFile ? [pidFile] : []];
}

/** When the service itself began and when it listened, in ms since 1970. */
export function ownStart(site: Site): { began: number; ready: number } {
  const [began = NaN, ready = NaN] = site.read("release.ready").split(" ")
    .map(Number);
  return { began, ready };
}

/** Starts the service on a port and waits until it listens. */
export async function startApp(
  site: Site,
  ending: Ending,
  port: number,
  releaseFile?: string,
): Promise<Deno.ChildProcess> {
  const command = appCommand(ending, releaseFile);
  const child = site.command("env", `PORT=${port}`, ...command).spawn();
  await untilListening(port);
  return child;
}

/** Waits until a server accepts connections on a port. */
export async function untilListening(port: number): Promise<void> {
  const end = performance.now() + 20_000;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Runs a command in a site. If it fails, throws with everything it printed. */
export async function run(
  site: Site,
  ...[program = "", ...args]: string[]
): Promise<string> {
  const { success, stdout, stderr } = await site.command(program, ...args)
    .output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  if (success) return text;
  throw new Error(`Cannot run "${program} ${args.join(" ")}": ${text}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
