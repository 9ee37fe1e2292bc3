import { pruneRunners } from "../../instance/run/runners.ts";
import { readHistory } from "../../state/history.ts";
import { instancesOf } from "../../state/state.ts";
import type { Project } from "../read.ts";
import { recover, tidyEnded } from "../recover.ts";
import { stopwatch } from "../report.ts";
import { openRun, type RunOptions } from "../run.ts";

export interface PruneOptions extends RunOptions {
  /** How many releases keep their images, not counting those that run. */
  keep: number;
}

export interface PruneResult {
  changed: boolean;
  /** The images that were removed. */
  images: string[];
  warnings: readonly string[];
  ms: number;
}

/** The number of history entries to read: all of them. */
const ALL = 1e6;

/**
 * Removes containers that have ended, and the images of all but the last few releases. Images
 * that zdd has never deployed stay.
 */
export async function prune(
  project: Project,
  { keep, ...options }: PruneOptions,
): Promise<PruneResult> {
  using run = await openRun("prune", project, options);
  const state = await recover(run);
  const { report } = run;
  await tidyEnded(run, state, state);
  const deployed = readHistory(run.directory, ALL)
    .flatMap(({ release, result }) =>
      release === undefined ? [] : [{ release, isDone: result === "done" }]
    ).toReversed();
  const last = new Set(
    deployed.filter(({ isDone }) => isDone).map(({ release }) => release),
  );
  const present = Object.values(state.services).flatMap(instancesOf)
    .map(({ release }) => release);
  const kept = new Set([...[...last].slice(0, keep), ...present]);
  const old = new Set(deployed.map(({ release }) => release)).difference(kept);
  const images: string[] = [];
  const took = stopwatch();
  await pruneRunners(project.config.services, [...old], (image, problem) => {
    if (problem === undefined) images.push(image);
    report({
      step: "stop",
      subject: "zdd",
      message: problem === undefined
        ? `removed ${image}`
        : `cannot remove ${image}: ${problem}`,
      ms: problem === undefined ? took() : undefined,
      level: problem === undefined ? undefined : "warning",
    });
  });
  const { warnings } = run;
  return { changed: images.length > 0, images, warnings, ms: run.took() };
}
