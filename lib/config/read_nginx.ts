import { basename } from "@std/path";
import { isFile } from "../system/files.ts";
import type { NginxConfig } from "./config.ts";
import type { ConfSection } from "./section.ts";

const TEMPLATE_ENDING = ".template";

/** Reads the section `[nginx]`. */
export function readNginx(section: ConfSection<"nginx">): NginxConfig {
  const { template, conf, ...values } = section.values();
  if (!section.has("template")) {
    // It has been reported that it is missing.
  } else if (!template.endsWith(TEMPLATE_ENDING)) {
    section.reject(
      "template",
      `a name that ends in "${TEMPLATE_ENDING}"`,
      basename(template),
    );
  } else if (!isFile(template)) {
    section.reject("template", "a file", template);
  }
  const rendered = template.slice(0, -TEMPLATE_ENDING.length);
  return { ...values, template, rendered, conf: conf ?? rendered };
}
