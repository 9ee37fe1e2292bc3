import { findProgram } from "../../lib/system/program.ts";
import { SERVER } from "./project.ts";
import type { SystemdBox } from "./systemd_box.ts";

export const ENGINES = ["docker", "podman"] as const;
export type Engine = typeof ENGINES[number];

/** The versions with images. */
export const VERSIONS = ["v1", "v2", "v3"];

/**
 * The container engines that can be used in a box, with images `tests:v1`, `tests:v2` and
 * `tests:v3`. They contain nothing but a variable VERSION, since there is no registry.
 * {@linkcode VOLUMES} provide everything else. Prints a line for each missing engine.
 */
export async function enginesIn(
  box: SystemdBox | undefined,
): Promise<Engine[]> {
  if (box === undefined) return [];
  const usable: Engine[] = [];
  for (const engine of ENGINES) {
    if (findProgram(engine, ".") === undefined) {
      skip(`${engine} isn't installed`);
      continue;
    }
    const { code, stderr } = await box.run("sh", "-c", setUp(engine));
    if (code === 0) usable.push(engine);
    else skip(`${engine} can't be used here: ${stderr.trim().slice(-300)}`);
  }
  return usable;
}

/** What the tests' server needs from the machine, since an empty image has no Node. */
export const VOLUMES = [
  ...["/usr", "/lib", "/lib64"].map((path) => `${path}:${path}:ro`),
  `${SERVER}:/server.mjs:ro`,
];

/** Prepares an engine. Layers work on a file system in memory, but not on the box's own. */
function setUp(engine: Engine): string {
  const data = engine === "docker" ? "docker" : "containers";
  return `
set -e
mkdir -p /var/lib/${data}
mountpoint -q /var/lib/${data} || mount -t tmpfs tmpfs /var/lib/${data}
${engine === "docker" ? "systemctl start docker" : ""}
mkdir -p /srv/image/usr /srv/image/tmp
for name in lib lib64 bin; do
  if [ -L /$name ]; then ln -sfn usr/$name /srv/image/$name; else mkdir -p /srv/image/$name; fi
done
for version in ${VERSIONS.join(" ")}; do
  tar -C /srv/image -c . | ${engine} import --change "ENV VERSION=$version" - tests:$version >&2
done
`;
}

function skip(why: string): void {
  // deno-lint-ignore no-console
  console.log(`skipped: ${why}`);
}

/** Makes an image with the machine's Node, under the name that the samples use. */
export async function makeNodeImage(
  box: SystemdBox,
  engine: Engine,
): Promise<void> {
  await box.shell(`
set -e
mkdir -p /srv/node/etc /srv/node/usr/bin /srv/node/tmp
echo node:x:1000:1000::/:/bin/false >/srv/node/etc/passwd
cp "$(readlink -f "$(command -v node)")" /srv/node/usr/bin/node
for library in $(ldd /srv/node/usr/bin/node | grep -o '/[^ ]*'); do
  mkdir -p /srv/node/$(dirname $library)
  cp $library /srv/node/$library
done
tar -C /srv/node -c . | ${engine} import --change 'ENV PATH=/usr/bin' - node:22-alpine
rm -r /srv/node
`);
}
