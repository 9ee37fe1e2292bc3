import { type Rendered, renderTemplate } from "../live/render.ts";
import type { Project } from "./read.ts";
import type { State } from "../state/state.ts";

/** The warning for a service to which nginx.conf passes no requests. */
export const UNUSED = "isn't used in the template, so no request reaches it";

/**
 * Step 5: renders nginx.conf for a state.
 *
 * @throws {Error} if the template can't be rendered, which `readProject` has ruled out.
 */
export function render(
  { config, template, nginx }: Project,
  { services }: State,
): Rendered {
  return renderTemplate(
    template,
    config,
    services,
    () => nginx.version(),
    () => nginx.defaultLog(),
  );
}
