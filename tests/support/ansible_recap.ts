import type { Outcome } from "./running_command.ts";

/** What the recap of Ansible's output counts for a host. */
export type Recap = Record<typeof COUNTS[number], number>;

const COUNTS = [
  "ok",
  "changed",
  "unreachable",
  "failed",
  "skipped",
  "rescued",
] as const;

/** The result of a playbook. */
export interface Played extends Outcome {
  /** By host name. */
  recap: Record<string, Recap>;
}

/** How many changes the recap counts for each host. */
export function changes({ recap }: Played): number[] {
  return Object.values(recap).map(({ changed }) => changed);
}

/** Reads the recap, which ends the output: `host1 : ok=7 changed=4 unreachable=0 …`. */
export function readRecap(stdout: string): Played["recap"] {
  const recap: Played["recap"] = {};
  const lines = stdout.slice(stdout.lastIndexOf("PLAY RECAP")).split("\n");
  for (const line of lines.slice(1)) {
    const [name, counts] = line.split(/\s*:\s*/);
    if (name === undefined || counts === undefined) continue;
    const count = (what: typeof COUNTS[number]) =>
      Number(new RegExp(`\\b${what}=(\\d+)`).exec(counts)?.[1]);
    recap[name] = {
      ok: count("ok"),
      changed: count("changed"),
      unreachable: count("unreachable"),
      failed: count("failed"),
      skipped: count("skipped"),
      rescued: count("rescued"),
    };
  }
  return recap;
}
