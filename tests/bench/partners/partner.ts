import type { Ending } from "../site.ts";

/** A way to put releases live, run for comparison. */
export interface Partner {
  name: string;
  /** What it is called in a table; the way the service ends may go by other names. */
  endings: Record<Ending, string>;
  /** Why it can't be run here; undefined if it can. */
  missing(): Promise<string | undefined>;
  /** Starts it with release 0. */
  start(ending: Ending): Promise<Running>;
}

/** What was started; disposing of it ends all its processes. */
export interface Running extends AsyncDisposable {
  url: string;
  /** Puts a release live; resolves when its command is done. */
  deploy(release: number): Promise<void>;
  /**
   * How long the next release should wait, in ms: until the clients are busy again, also
   * those whose requests hung.
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
