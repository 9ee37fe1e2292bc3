import { assert } from "@std/assert";
import { messageOf } from "../../lib/error.ts";
import { CrashSite, type Switch } from "./crash_site.ts";

export interface Case {
  /** The command that dies. */
  args: string[];
  switches: Switch[];
  /** More lines of the section [service:web]. */
  lines?: string[];
  /** Makes that what the command needs is there. */
  prepare?: (own: CrashSite) => Promise<unknown>;
  /** What repairs, in turn. */
  repairs: string[][];
}

/** Tests that a command can die at each of its steps, under load. */
export function testEveryStep(
  { args, switches, lines, prepare, repairs }: Case,
): void {
  const name = args.slice(0, 2).join(" ");
  for (const kind of switches) {
    Deno.test(`${name}, killed at every step of a ${kind} switch, loses nothing`, async () => {
      await using own = await CrashSite.create(kind, { lines });
      await prepare?.(own);
      const acts = await own.acts(...args);
      assert(acts.length > 5, `few steps: ${acts}`);
      let turn = 0;
      for (const where of acts.flatMap(placesOf)) {
        const repair = repairs[turn++ % repairs.length] ?? [];
        try {
          await prepare?.(own);
          const remains = await own.die(where, ...args);
          await own.repair(remains, ...repair);
          await own.assertWhole();
        } catch (error) {
          const place = `killed at "${where}", repaired by "${repair}"`;
          throw new Error(`${place}: ${messageOf(error)}`, { cause: error });
        }
      }
      await own.assertNothingFailed();
    });
  }
}

/** Before an act, and within those that need a while to show. */
export function placesOf(act: string): string[] {
  // nginx starts new workers, and tells the old ones to go 100 ms later.
  if (act.startsWith("signal SIGHUP")) return [act, `${act}+0`, `${act}+60`];
  return act.startsWith("start#") ? [act, `${act}+0`, `${act}+40`] : [act];
}
