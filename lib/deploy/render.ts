import { templateNames } from "../live/template_names.ts";
import type { Project } from "./read.ts";
import type { State } from "../state/state.ts";

/** nginx.conf for a state. */
export interface Rendered {
  text: string;
  /** The services that are switched live. */
  live: string[];
}

/**
 * Step 5: renders nginx.conf for a state.
 *
 * @throws {Error} if the template can't be rendered; `checkTemplate` finds that before.
 */
export function render(
  { config, template, nginx }: Project,
  { services }: State,
): Rendered {
  const version = () => nginx.version();
  const first = templateNames(config, services, version);
  const text = template.render(first.names);
  if (first.live.used.length === 0) return { text, live: [] };
  // What stands at http level depends on the locations below it: once more, knowing them.
  const second = templateNames(config, services, version, first.live);
  return { text: template.render(second.names), live: second.live.used };
}
