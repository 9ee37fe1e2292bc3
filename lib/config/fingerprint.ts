import { sha256 } from "../text/digest.ts";
import type { ServiceConfig } from "./config.ts";
import { defaultsOf } from "./defaults.ts";
import { camelCase, type Key } from "./key.ts";
import { KEYS } from "./keys.ts";

/** Begins every fingerprint, since what goes into one may change with zdd. */
const FORM = "zdd1:";

/** What isn't a key: whose instances these are, which the state that is compared says already. */
const IDENTITY = ["name", "stateDir"];

/**
 * A digest of all that the instances of a service are started with, since that may hold
 * secrets: where it differs, they must be started anew to have it. Everything counts but
 * the keys that the table marks by `restart: false`. What is as by default is left out, so
 * that a key that a later zdd adds is no reason to restart.
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
 * Whether an instance that was started with one fingerprint has what another one stands
 * for. One without any, or with one of an older zdd, counts as the same.
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

/** A value as JSON that is the same whatever the order of its properties. */
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
