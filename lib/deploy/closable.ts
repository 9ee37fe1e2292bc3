import { basename } from "@std/path";
import { ExitStatus, ZddError } from "../error.ts";
import { openingIn } from "../live/closable.ts";
import { DEFAULT_PAGE, type Maintenance } from "../live/maintenance.ts";
import type { Rendered } from "../live/render.ts";
import type { Project } from "./read.ts";

/**
 * Makes sure that a template turns clients away while the site is closed.
 *
 * @throws {ZddError} with exit status 2 and a hint, if requests would get through.
 */
export function requireClosable(
  { config, template }: Project,
  { live, plan, marked }: Rendered,
  { page }: Maintenance,
): void {
  const exitStatus = ExitStatus.usage;
  const [{ name } = { name: "web" }] = config.services;
  if (plan === undefined || live.length === 0) {
    throw new ZddError(
      "The site cannot be closed: the template switches nothing live",
      {
        hint:
          `use <%= it.live.upstreams() %>, <%= it.live.choose("${name}") %> ` +
          `and <%= it.live.pass("${name}") %> in ` +
          `"${basename(config.nginx.template)}", then zddeploy deploy`,
        exitStatus,
      },
    );
  }
  const opening = openingIn(plan, page.text !== DEFAULT_PAGE.text);
  if (opening === undefined) return;
  const { directive, message, hint } = opening;
  const line = directive?.file === undefined
    ? directive && marked.lines[directive.line - 1]
    : directive.line;
  const place = directive?.file ?? basename(template.file);
  throw new ZddError(
    `The site cannot be closed: ${message} (${place}${line ? `:${line}` : ""})`,
    { hint, exitStatus },
  );
}
