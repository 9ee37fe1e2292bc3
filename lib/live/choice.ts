import { heldVariable, linkKey, upstreamOf } from "./identifiers.ts";
import { slotsIn } from "./service.ts";
import { holdAddress, holdFile } from "./steering.ts";
import type { PlannedPass } from "./plan.ts";

/**
 * Chooses the slot that serves, for each request: the first one, unless a file behind
 * the link names another for the request's bucket. A service without slots has an address
 * to choose, but for requests that are held.
 */
export function choiceLines(
  { service, variable, bucket }: PlannedPass,
  live: string,
): string[] {
  const { name } = service;
  const [first, ...others] = slotsIn(service).map(([slot]) =>
    upstreamOf(name, slot)
  );
  const canHold = holdAddress(live, upstreamOf(name, "a")) !== undefined;
  const held = (variable: string, value: string) =>
    canHold
      ? [`if (-e "${holdFile(name)}") { set ${variable} ${value}; }`]
      : [];
  if (first === undefined) {
    const own = heldVariable(name);
    return [`set ${own} "";`, ...held(own, "held")];
  }
  const link = `${live}/${linkKey(name, true)}`;
  return [
    "set $zdd__way $zdd__alone;",
    ...held("$zdd__way", "_hold"),
    `set ${variable} "${first}$zdd__way";`,
    ...others.map((upstream) =>
      `if (-e "${link}/${upstream.at(-1)}${bucket}") ` +
      `{ set ${variable} "${upstream}$zdd__way"; }`
    ),
  ];
}
