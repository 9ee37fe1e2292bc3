import type { Package } from "../../tasks/packages.ts";

/** A part of the benchmark. */
export interface Bench {
  name: string;
  title: string;
  /** The packages that it needs. */
  needs: Package[];
  run(how: How): Promise<Findings>;
}

/** How to run the benchmark. */
export interface How {
  /** A small version, for CI. */
  quick: boolean;
  /** How many rounds, if the user doesn't want the usual number. */
  rounds?: number;
  /** Shows what is being done. */
  progress(text: string): void;
}

/** The results of a part. */
export interface Findings {
  /** The first row of each has the headings. */
  tables: string[][][];
  /** How it was measured and what it means, one sentence each. */
  notes: string[];
  checks: Check[];
  /** SVG, by name. */
  charts: Record<string, string>;
  /** All figures, for the JSON. */
  data: unknown;
}

/** A figure with bounds. It is a ratio or a count, never just a time. */
export interface Check {
  what: string;
  value: number;
  /** Whether it must be at most, at least or exactly the bound. */
  bound: "most" | "least" | "exactly";
  /** The project's aim, on a quiet machine. */
  aim: number;
  /** The bound on any machine, however busy. Beyond it, something is broken. */
  band: number;
}

/** Whether a check's figure is within one of its bounds. NaN (not measured) never is. */
export function holds(
  { value, bound }: Check,
  limit: number,
): boolean {
  if (bound === "exactly") return value === limit;
  return bound === "most" ? value <= limit : value >= limit;
}
