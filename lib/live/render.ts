import { dirname } from "@std/path";
import type { Config, NginxConfig } from "../config/config.ts";
import {
  allDirectives,
  type Block,
  parseConfiguration,
} from "../nginx/configuration.ts";
import { withIncludes } from "../nginx/includes.ts";
import { realPath } from "../system/files.ts";
import type { RenderedText, Template } from "../template/template.ts";
import { isMarker, type LivePlan, planLive } from "./plan.ts";
import { templateNames, type Whereabouts } from "./template_names.ts";

/** nginx.conf for a state. */
export interface Rendered extends RenderedText {
  /** The services that are switched live. */
  live: string[];
  /** How they are, for findings: the lines in it are those of `marked`. */
  plan?: LivePlan;
  /** The rendering with marks in place of snippets, by which the plan was made. */
  marked: RenderedText;
}

/**
 * Renders nginx.conf.
 *
 * @param places where each service's instances are, by its name
 * @param version asks nginx for its version
 * @throws {Error} if the template can't be rendered; `check` finds that before.
 */
export function renderTemplate(
  template: Template,
  config: Config,
  places: Record<string, Whereabouts>,
  version: () => string,
): Rendered {
  const first = templateNames(config, places, version);
  const marked = template.renderLines(first.names);
  const { passes, choices } = first.live;
  if (passes.length + choices.length === 0) {
    return { ...marked, live: [], marked };
  }
  const root = readConfiguration(marked.text, config.nginx);
  const plan = planLive(passes, choices, root);
  const second = templateNames(config, places, version, plan);
  const rendered = template.renderLines(second.names);
  return { ...rendered, live: second.live.used, plan, marked };
}

/** The directives of a text and of what it includes or, if they can be known, those around it. */
function readConfiguration(
  text: string,
  { conf, rendered }: NginxConfig,
): Block | undefined {
  const directory = dirname(conf);
  const texts = new Map([[realPath(rendered), text]]);
  try {
    if (conf !== rendered) {
      const main = withIncludes(
        parseConfiguration(Deno.readTextFileSync(conf), conf),
        { directory, texts },
      );
      if ([...allDirectives(main)].some(isMarker)) return main;
    }
  } catch { /* without what is around it, then */ }
  try {
    return withIncludes(parseConfiguration(text), { directory });
  } catch {
    return undefined; // nginx says what is wrong with it
  }
}
