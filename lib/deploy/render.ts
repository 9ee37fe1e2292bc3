import { type Rendered, renderTemplate } from "../live/render.ts";
import type { Project } from "./read.ts";
import type { State } from "../state/state.ts";

/** What is said of a service that nothing in nginx.conf leads to. */
export const UNUSED = "isn't used in the template, so no request reaches it";

/**
 * Step 5: renders nginx.conf for a state.
 *
 * @throws {Error} if the template can't be rendered; `readProject` finds that before.
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
