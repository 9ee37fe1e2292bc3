import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read_config.ts";
import { isFile } from "../system/files.ts";
import { Nginx } from "../nginx/nginx.ts";
import { checkTemplate } from "../live/check.ts";
import { Template } from "../template/template.ts";

/** A deploy.conf with its template and its nginx: what every command works on. */
export interface Project {
  config: Config;
  template: Template;
  nginx: Nginx;
}

/**
 * Step 1 of a deploy: reads deploy.conf and the template.
 *
 * @param path of deploy.conf
 * @param starts whether something may be started. If not, mistakes that a service's user can
 * cause are ignored, so that they can't keep other services from being shown or stopped.
 * @throws {ZddError} with exit status 2 and all mistakes in both.
 */
export function readProject(
  path: string,
  { starts = true }: { starts?: boolean } = {},
): Project {
  const { config, diagnostics } = readConfig(path);
  const nginx = new Nginx(config.nginx, config.stateDir);
  const file = config.nginx.template;
  const template = isFile(file) ? Template.read(file) : new Template(file, "");
  checkTemplate(template, config, () => nginx.version(), diagnostics);
  diagnostics.throwIfAny(starts);
  return { config, template, nginx };
}
