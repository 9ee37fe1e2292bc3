import type { Package } from "../../tasks/packages.ts";

/** One of the benchmark's parts. */
export interface Bench {
  name: string;
  title: string;
  /** Without these it can't run. */
  needs: Package[];
  run(how: How): Promise<Findings>;
}

/** How the benchmark is run. */
export interface How {
  /** A small version, for CI. */
  quick: boolean;
  /** How many rounds, if the user wants others than usual. */
  rounds?: number;
  /** What goes on, for whoever waits. */
  progress(text: string): void;
}

/** What a part has found out. */
export interface Findings {
  /** Each has its headings in its first row. */
  tables: string[][][];
  /** How it was measured and what to make of it, a sentence each. */
  notes: string[];
  checks: Check[];
  /** SVG, by name. */
  charts: Record<string, string>;
  /** All figures, for the JSON. */
  data: unknown;
}

/** A figure that has bounds. It is a ratio or a count, never a time of its own. */
export interface Check {
  what: string;
  value: number;
  /** Whether it may be at most the bound, at least it, or nothing else. */
  bound: "most" | "least" | "exactly";
  /** What the project aims at, on a quiet machine. */
  aim: number;
  /** What must hold on any machine however busy; beyond it something is broken. */
  band: number;
}

/** Whether the figure of a check is within one of its bounds; NaN, not measured, never is. */
export function holds(
  { value, bound }: Check,
  limit: number,
): boolean {
  if (bound === "exactly") return value === limit;
  return bound === "most" ? value <= limit : value >= limit;
}
