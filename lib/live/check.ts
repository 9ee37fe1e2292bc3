import { basename } from "@std/path";
import type { Config } from "../config/config.ts";
import type { Diagnostics } from "../config/diagnostics.ts";
import type { Template } from "../template/template.ts";
import { templateNames } from "./template_names.ts";

/** Adds everything that is wrong with a template to `diagnostics`. */
export function checkTemplate(
  template: Template,
  config: Config,
  version: () => string,
  diagnostics: Diagnostics,
): void {
  const file = basename(template.file);
  const { names, live } = templateNames(config, {}, version);
  template.check(names, diagnostics);
  if (!live.isComplete) {
    diagnostics.add({
      file,
      message: "it.live.pass needs <%= it.live.upstreams() %> at http level",
    });
  }
}
