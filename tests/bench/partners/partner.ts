import type { Ending } from "../site.ts";

/** A way to put releases live, run for comparison. */
export interface Partner {
  name: string;
  /** Its names in a table, by how the service ends. */
  endings: Record<Ending, string>;
  /** Why it can't be run here; undefined if it can. */
  missing(): Promise<string | undefined>;
  /** Starts it with release 0. */
  start(ending: Ending): Promise<Running>;
}

/** A started partner. Disposing of it ends all its processes. */
export interface Running extends AsyncDisposable {
  url: string;
  /** Puts a release live; resolves when its command is done. */
  deploy(release: number): Promise<void>;
  /**
   * How long to wait before the next release, in ms: until all clients are busy again,
   * including those whose requests hung.
   */
  settle: number;
}

/** The usual names of how the service ends. */
export const ENDINGS: Record<Ending, string> = {
  drains: "drains",
  exits: "just exits",
};

/** A little over the clients' timeout. */
export const SETTLE_AFTER_HANGS = 6000;
export const SETTLE = 1000;
