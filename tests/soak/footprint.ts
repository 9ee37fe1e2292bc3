import { peakMemory, residentMemory } from "../bench/resources.ts";
import type { Site } from "../support/site.ts";

/** What a site takes after so many deploys. */
export interface Footprint {
  deploys: number;
  /** Those of nginx and of instances. */
  processes: number;
  /** The resident memory of nginx, in bytes. */
  nginx: number;
  /** The most that `zddeploy deploy --dry-run` needs, in bytes. */
  zddeploy: number;
  /** What the state directory holds, but for the history, which has a line for each command. */
  files: number;
  bytes: number;
}

export async function footprintOf(
  site: Site,
  deploys: number,
): Promise<Footprint> {
  const child = site.zddCommand("deploy", "--dry-run", "--quiet").spawn();
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  const zddeploy = await peakMemory(child);
  const sizes = sizesIn(site.path(".zdd"));
  return {
    deploys,
    processes: site.nginx().length + site.besidesNginx().length,
    nginx: residentMemory(site.nginx()),
    zddeploy,
    files: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

function sizesIn(directory: string): number[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return sizesIn(path);
    return name === "history.jsonl" ? [] : [Deno.lstatSync(path).size];
  });
}
