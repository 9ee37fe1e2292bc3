import { basename, dirname, join } from "@std/path";
import { entriesIn, type LiveLinks, removeIfEmpty, SOCKETS } from "./links.ts";
import { MAINTENANCE_FILES } from "./maintenance.ts";
import { HELD, HOLD, MAINTENANCE, STEERING, TOKEN } from "./steering.ts";

/**
 * Removes everything that no link leads to any more.
 *
 * @param asked the keys of the links that nginx uses; undefined if unknown
 */
export function cleanLinks(links: LiveLinks, asked?: readonly string[]): void {
  if (asked !== undefined) removeFormer(links, asked);
  const names = entriesIn(links.directory);
  const used = usedBy(links, names);
  removeAllBut(
    links,
    "",
    (name) => !/^(at|socket|route):/.test(name) || used.has(name),
  );
  removeAllBut(links, SOCKETS, (name) => used.has(`socket:${name}`));
  const shared = names.filter((name) => name.startsWith("slots:"))
    .map((link) => basename(links.read(link) ?? ""));
  // Removes those of former canaries. Those for one slot are soon needed again.
  removeAllBut(
    links,
    ".slots",
    (name) => !name.includes("+") || shared.includes(name),
  );
  // Removes those of processes that died during verify.
  removeAllBut(links, STEERING, (name) => !name.startsWith(TOKEN));
  removeIfEmpty(join(links.directory, STEERING));
  const closed = basename(links.read(MAINTENANCE) ?? "");
  removeAllBut(links, MAINTENANCE_FILES, (name) => name === closed);
  const held = basename(links.read(HOLD) ?? "");
  // Keeps the sockets, which the next pause takes over.
  removeAllBut(
    links,
    HELD,
    (name) => name === held || !/^[0-9a-f]{8}$/.test(name),
  );
}

function removeAllBut(
  { directory }: LiveLinks,
  below: string,
  isKept: (name: string) => boolean,
): void {
  for (const name of entriesIn(join(directory, below))) {
    if (isKept(name)) continue;
    Deno.removeSync(join(directory, below, name), { recursive: true });
  }
}

/** The names that the links of services without slots lead to, directly or through a route. */
function usedBy(links: LiveLinks, names: readonly string[]): Set<string> {
  const leading = names.filter((name) => name.startsWith("to:"));
  const used = new Set(leading.flatMap((link) => links.read(link) ?? []));
  for (const route of names.filter((name) => name.startsWith("route:"))) {
    if (!used.has(route)) continue;
    for (const bucket of entriesIn(join(links.directory, route))) {
      const target = links.read(join(route, bucket)) ?? "";
      used.add(basename(dirname(target)));
    }
  }
  return used;
}

/**
 * Removes links of early versions: a service's link had its bare name and led to eight
 * shares.
 */
function removeFormer(links: LiveLinks, asked: readonly string[]): void {
  const { directory } = links;
  const names = entriesIn(directory);
  const former = names.filter((name) =>
    links.read(name)?.startsWith(".shares/") ?? false
  );
  const unused = former.filter((name) => !asked.includes(name));
  for (const name of unused) Deno.removeSync(join(directory, name));
  if (former.length > unused.length || !names.includes(".shares")) return;
  Deno.removeSync(join(directory, ".shares"), { recursive: true });
}
