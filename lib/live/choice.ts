import { join } from "@std/path";
import { linkKey, upstreamOf } from "./identifiers.ts";
import { slotsIn } from "./service.ts";
import type { PlannedPass } from "./plan.ts";

/**
 * With this header, a request is answered by the slot that is chosen, or by nobody: there
 * is no backup. `verify` has it; a client that has it only loses its second try.
 */
export const ALONE = "Zdd-Alone";

/**
 * Chooses the slot that serves, for each request: the first one, unless a file behind
 * the link names another for the request's bucket.
 */
export function choiceLines(
  { service, variable, bucket }: PlannedPass,
  live: string,
): string[] {
  const { name } = service;
  const [first = "", ...others] = slotsIn(service).map(([slot]) => slot);
  const link = join(live, linkKey(name, true));
  return [
    `set ${variable} ${upstreamOf(name, first)};`,
    ...others.map((slot) =>
      `if (-e "${link}/${slot}${bucket}") ` +
      `{ set ${variable} ${upstreamOf(name, slot)}; }`
    ),
    `if ($http_zdd_alone) { set ${variable} "\${${
      variable.slice(1)
    }}_alone"; }`,
  ];
}
