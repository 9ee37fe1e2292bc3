import { basename, join } from "@std/path";
import { isFile, readIfExists } from "../../system/files.ts";

/** The first of some files that is in a directory. */
export function firstFile(
  directory: string,
  names: readonly string[],
): string | undefined {
  return names.find((name) => isFile(join(directory, name)));
}

/** The entries of a directory, sorted by name; none of one that may not be read. */
export function entries(directory: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)]
      .toSorted((a, b) => a.name.localeCompare(b.name));
  } catch {
    return [];
  }
}

/** The text of a file in a directory; empty if there is none. */
export function textOf(directory: string, name: string): string {
  return readIfExists(join(directory, name)) ?? "";
}

/**
 * What may be wrong with how a server listens, by the file that starts it: at a place of
 * its own, or for everybody. A file that doesn't listen itself tells nothing.
 */
export function listenNotes(directory: string, file: string): string[] {
  const text = textOf(directory, file).replace(/^\s*(?:\/\/|#).*/gm, "");
  const call = /\b(?:listen|serve|ListenAndServe)\(([^]*)/.exec(text)?.[1];
  if (call === undefined) return [];
  const name = basename(file);
  if (!/\bPORT\b/.test(text)) return [elsewhereNote(name)];
  return isForEverybody(call) ? [everybodyNote(name)] : [];
}

/** The note that a server can't be told its port. */
export function elsewhereNote(name: string): string {
  return `${name} doesn't mention PORT: it must listen on the port that this ` +
    "environment variable names";
}

/** The note that a server can be reached from everywhere. */
export function everybodyNote(name: string): string {
  return `${name} listens on all interfaces: anyone who reaches its port ` +
    "bypasses nginx; make it listen on 127.0.0.1";
}

/** Whether a call that listens, from its first argument on, names no address to listen on. */
function isForEverybody(call: string): boolean {
  const [args = ""] = /^(?:(?!=>|\bfunction\b|;)[^]){0,200}/.exec(call) ?? [];
  return !/127\.0\.0\.1|localhost|::1|\bhost(?:name)?\b/i.test(args) ||
    /0\.0\.0\.0|["']::["']/.test(args);
}

/** An empty object for what isn't there or isn't JSON. */
export function readJson(
  directory: string,
  name: string,
): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(textOf(directory, name) || "{}"));
  } catch {
    return {};
  }
}

/** A value that is an object; else an empty one. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
