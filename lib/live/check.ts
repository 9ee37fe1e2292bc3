import { basename } from "@std/path";
import type { Config } from "../config/config.ts";
import {
  type Diagnostic,
  type Diagnostics,
  formatDiagnostic,
} from "../config/diagnostics.ts";
import type { Template } from "../template/template.ts";
import { type Finding, findingsIn } from "./findings.ts";
import { type Rendered, renderTemplate } from "./render.ts";
import { templateNames } from "./template_names.ts";

/** Adds all mistakes in a template to `diagnostics`. */
export function checkTemplate(
  template: Template,
  config: Config,
  version: () => string,
  diagnostics: Diagnostics,
): void {
  const { names, live } = templateNames(config, {}, version);
  if (!template.check(names, diagnostics)) return;
  if (!live.isComplete) {
    diagnostics.add({
      file: basename(template.file),
      message: "it.live.pass needs <%= it.live.upstreams() %> at http level",
    });
    return;
  }
  if (live.passes.length === 0) return;
  const rendered = renderTemplate(template, config, {}, version);
  if (rendered.unreadable !== undefined) {
    const { line, message } = rendered.unreadable;
    diagnostics.add({
      file: basename(template.file),
      line: rendered.marked.lines[line - 1],
      message: `nginx cannot read this: ${message}`,
      hint: 'a regular expression with "{", "}" or ";" in it needs quotes',
    });
  }
  for (const diagnostic of found(template, rendered, true)) {
    diagnostics.add(diagnostic);
  }
}

/** Warnings about a template: `nginx.conf.template:17: …`. */
export function templateWarnings(
  template: Template,
  rendered: Rendered,
): string[] {
  return [
    ...new Set(found(template, rendered, false).map(formatDiagnostic)),
  ];
}

function found(
  { file }: Template,
  { plan, marked }: Rendered,
  mistakes: boolean,
): Diagnostic[] {
  if (plan === undefined) return [];
  return findingsIn(plan).filter(({ isMistake }) => isMistake === mistakes)
    .map(({ directive, message, hint }: Finding) => ({
      file: directive?.file ?? basename(file),
      line: directive?.file === undefined
        ? directive && marked.lines[directive.line - 1]
        : directive.line,
      message,
      hint,
    }));
}
