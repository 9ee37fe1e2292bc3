import { dirname } from "@std/path";
import type { Config, NginxConfig } from "../config/config.ts";
import {
  allDirectives,
  type Block,
  parseConfiguration,
} from "../nginx/configuration.ts";
import { type IncludePlace, withIncludes } from "../nginx/includes.ts";
import { SyntaxMistake } from "../nginx/tokens.ts";
import { realPath } from "../system/files.ts";
import { readRegularFile } from "../system/safe_open.ts";
import type { RenderedText } from "../template/line_marks.ts";
import type { Template } from "../template/template.ts";
import { isMarker, type LivePlan, planLive } from "./plan.ts";
import { templateNames, type Whereabouts } from "./template_names.ts";

/** A rendered nginx.conf. */
export interface Rendered extends RenderedText {
  /** The services that are switched live. */
  live: string[];
  /** The services that the template doesn't use: no request reaches them. */
  unused: string[];
  /** The services whose answers can be logged while they are watched. */
  watched: string[];
  /** The plan of the live switch, for findings. Its lines are those of `marked`. */
  plan?: LivePlan;
  /** Why the configuration can't be parsed, with the line in `marked`. */
  unreadable?: SyntaxMistake;
  /** The rendering with markers in place of snippets, from which the plan was made. */
  marked: RenderedText;
}

/**
 * Renders nginx.conf.
 *
 * @param places where each service's instances are, by service name
 * @param version asks nginx for its version
 * @param defaultLog asks nginx where it logs by default
 * @throws {Error} if the template can't be rendered; `check` finds that earlier.
 */
export function renderTemplate(
  template: Template,
  config: Config,
  places: Record<string, Whereabouts>,
  version: () => string,
  defaultLog?: () => string,
): Rendered {
  const first = templateNames(config, places, version);
  const marked = template.renderLines(first.names);
  const { passes, choices } = first.live;
  const used = new Set([
    ...first.read,
    ...passes.map(({ service: { name } }) => name),
  ]);
  const unused = config.services
    // The template may contain a fixed port literally; a worker gets no requests.
    .filter(({ name, port }) =>
      port !== "fixed" && port !== "none" && !used.has(name)
    )
    .map(({ name }) => name);
  if (passes.length + choices.length === 0) {
    return { ...marked, live: [], unused, watched: [], marked };
  }
  const read = readConfiguration(marked.text, config.nginx);
  const unreadable = read instanceof SyntaxMistake ? read : undefined;
  const root = read instanceof SyntaxMistake ? undefined : read;
  const plan = planLive(passes, choices, root);
  const second = templateNames(config, places, version, plan, defaultLog);
  const rendered = template.renderLines(second.names);
  return {
    ...rendered,
    live: second.live.used,
    unused,
    watched: second.live.watched,
    plan,
    marked,
    unreadable,
  };
}

/**
 * The directives of a text, of what it includes, and of the configuration around it if
 * known.
 */
function readConfiguration(
  text: string,
  { conf, rendered }: NginxConfig,
): Block | SyntaxMistake {
  const directory = dirname(conf);
  try {
    const own = withIncludes(parseConfiguration(text), { directory });
    const around = conf === rendered ? undefined : readAround(conf, {
      directory,
      texts: new Map([[realPath(rendered), text]]),
    });
    return around ?? own;
  } catch (error) {
    if (error instanceof SyntaxMistake) return error;
    throw error;
  }
}

/** The main configuration with everything it includes, if it contains the markers. */
function readAround(conf: string, place: IncludePlace): Block | undefined {
  try {
    const text = readRegularFile(conf) ?? "";
    const main = withIncludes(parseConfiguration(text, conf), place);
    return [...allDirectives(main)].some(isMarker) ? main : undefined;
  } catch {
    return undefined; // nginx says what is wrong with it
  }
}
