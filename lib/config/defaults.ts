import { camelCase, type Defaults, type Key } from "./key.ts";
import { KEYS, type SectionKind } from "./keys.ts";

/**
 * The default values of the keys that have one.
 *
 * @param directory the base of relative paths
 */
export function defaultsOf<Kind extends SectionKind>(
  kind: Kind,
  directory: string,
): Defaults<typeof KEYS[Kind]> {
  const keys: Record<string, Key> = KEYS[kind];
  const place = { directory, reject() {} };
  return Object.fromEntries(
    Object.entries(keys).flatMap(([name, key]) =>
      key.default === undefined
        ? []
        : [[camelCase(name), key.read(key.default, place)]]
    ),
  ) as Defaults<typeof KEYS[Kind]>;
}
