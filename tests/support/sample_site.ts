import { dirname, fromFileUrl, join } from "@std/path";
import { Site } from "./site.ts";

const SAMPLES = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "samples",
);

/**
 * A site with a copy of a sample, its directories and links too. nginx listens on a
 * free port, and what is said to be in /srv/app is in the site.
 */
export function sampleSite(name: string): Site {
  const site = Site.create({});
  copyInto(site, join(SAMPLES, name), "");
  return site;
}

function copyInto(site: Site, from: string, to: string): void {
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(from)) {
    const source = join(from, name);
    const path = join(to, name);
    if (isSymlink) {
      Deno.symlinkSync(Deno.readLinkSync(source), site.path(path));
    } else if (isDirectory) {
      Deno.mkdirSync(site.path(path));
      copyInto(site, source, path);
    } else {
      site.write(
        path,
        Deno.readTextFileSync(source).replaceAll("/srv/app", site.directory)
          .replace(/\blisten \d+/, "listen %PORT%"),
      );
    }
  }
}
