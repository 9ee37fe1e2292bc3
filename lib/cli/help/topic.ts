import type { Block } from "./document.ts";

/** What `zddeploy help` tells about beside the commands. */
export interface Topic {
  /** It in a few words. */
  summary: string;
  blocks: readonly Block[];
}
