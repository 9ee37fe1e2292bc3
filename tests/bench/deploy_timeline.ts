import { ownStart, type Site } from "./site.ts";

/**
 * The parts of a deploy, in order. The first begins with zdd's process and ends with the
 * start of the service's; the last ends with zdd's.
 */
export const STEPS = [
  "reading, locking, starting",
  "the service's own start",
  "checking",
  "rendering, switching",
  "draining",
  "stopping",
  "committing",
] as const;
export type StepName = typeof STEPS[number];
export const OWN: StepName = "the service's own start";

/** How long one deploy of one service took, in ms. */
export interface Timeline {
  whole: number;
  /** From zdd's start until the new instance serves. */
  untilSwitch: number;
  steps: Record<StepName, number>;
}

/** The time that isn't the service's own. */
export function overheadOf({ whole, steps }: Timeline): number {
  return whole - steps[OWN];
}

/**
 * Deploys a site once, and returns how long each step took, from the times of zdd's lines
 * and those that the service noted. `Date` has whole ms, so the border between zdd and the
 * service may be 1 ms off.
 *
 * @throws {Error} with what zdd printed, if it fails or prints unexpected lines.
 */
export async function timeDeploy(site: Site): Promise<Timeline> {
  const began = performance.now();
  const epoch = Date.now() - began;
  const child = site.zddCommand("--verbose").spawn();
  child.stdout.cancel();
  const { text, moments } = await listen(child);
  const { success } = await child.status;
  const ended = performance.now();
  if (!success) throw new Error(text);

  const last = (pattern: RegExp) =>
    moments.findLast(({ line }) => pattern.test(line))?.at ?? NaN;
  const started = last(/^web: started /);
  const switched = last(/: switched to |: reloaded /);
  const drained = last(/^web: drained /);
  const stopped = last(/^web: (stopped|killed) /);
  const own = ownStart(site);
  const borders = [
    began,
    own.began - epoch,
    own.ready - epoch,
    started,
    switched,
    drained,
    stopped,
    ended,
  ];
  if (borders.some(Number.isNaN)) {
    throw new Error(`Expected all steps of a deploy, got "${text}"`);
  }
  const entries = STEPS.map((name, i): [StepName, number] => [
    name,
    (borders[i + 1] ?? NaN) - (borders[i] ?? NaN),
  ]);
  return {
    whole: ended - began,
    untilSwitch: switched - began,
    steps: Object.fromEntries(entries) as Record<StepName, number>,
  };
}

/** The lines that a process prints on stderr, with their times. */
async function listen(
  child: Deno.ChildProcess,
): Promise<{ text: string; moments: { line: string; at: number }[] }> {
  const moments: { line: string; at: number }[] = [];
  let text = "";
  for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
    const at = performance.now();
    text += part;
    for (const line of part.split("\n")) moments.push({ line, at });
  }
  return { text, moments };
}
