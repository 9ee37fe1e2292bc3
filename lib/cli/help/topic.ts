import type { Block } from "./document.ts";

/** A subject of `zddeploy help` that isn't a command. */
export interface Topic {
  /** One line for the overview. */
  summary: string;
  blocks: readonly Block[];
}
