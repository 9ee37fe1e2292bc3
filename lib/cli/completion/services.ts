import { readConfig } from "../../config/read_config.ts";

/** The names of the services in a deploy.conf; none if it can't be read. */
export function serviceNames(conf: string): string[] {
  try {
    return readConfig(conf).config.services.map(({ name }) => name);
  } catch {
    return []; // completion reports no mistakes
  }
}
