import { sha256 } from "../text/digest.ts";
import type { ServiceConfig } from "./config.ts";
import { defaultsOf } from "./defaults.ts";
import { camelCase, type Key } from "./key.ts";
import { KEYS } from "./keys.ts";

/** The prefix of every fingerprint, since a later zdd may compute it in another way. */
const FORM = "zdd1:";

/** Properties that aren't keys and identify the service; they are the same in both. */
const IDENTITY = ["name", "stateDir"];

/**
 * A digest of the settings that the instances of a service are started with; if it differs,
 * they must be replaced to get the new settings. A digest, since settings may contain secrets.
 * Includes all keys except those with `restart: false`. Default values are left out, so that
 * a new key in a later zdd is no reason to restart.
 */
export async function fingerprintOf(service: ServiceConfig): Promise<string> {
  const exempt = new Set([...IDENTITY, ...keysWithoutRestart()]);
  const { port, ...others } = defaultsOf("service", "/");
  const defaults = new Map(Object.entries({ ...others, ...port }));
  const entries = Object.entries(service).filter(([name, value]) =>
    value !== undefined && !exempt.has(name) &&
    canonical(value) !== canonical(defaults.get(name))
  );
  return FORM + await sha256(canonical(Object.fromEntries(entries)));
}

/**
 * Whether a recorded fingerprint matches the present one. A missing one, or one in the format
 * of another zdd, counts as a match.
 */
export function isSameFingerprint(
  recorded: string | undefined,
  now: string,
): boolean {
  return recorded === undefined || !recorded.startsWith(FORM) ||
    recorded === now;
}

function keysWithoutRestart(): string[] {
  return Object.entries<Key>(KEYS.service)
    .filter(([, { restart }]) => restart === false)
    .map(([name]) => camelCase(name));
}

/** A value as JSON, independent of the order of its properties. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(
          Object.entries(part).toSorted(([a], [b]) => a < b ? -1 : 1),
        )
        : part,
  ) ?? "";
}
