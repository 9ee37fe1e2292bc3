import { basename, join } from "@std/path";
import { isFile, readIfExists } from "../../system/files.ts";

/** The first of some files that exists in a directory. */
export function firstFile(
  directory: string,
  names: readonly string[],
): string | undefined {
  return names.find((name) => isFile(join(directory, name)));
}

/** The entries of a directory, sorted by name; none if it can't be read. */
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
 * Warnings about how a server listens, from the file that starts it: on a fixed port, or on
 * all interfaces. None if the file doesn't listen itself.
 */
export function listenNotes(directory: string, file: string): string[] {
  const text = textOf(directory, file).replace(/^\s*(?:\/\/|#).*/gm, "");
  const call = /\b(?:listen|serve|ListenAndServe)\(([^]*)/.exec(text)?.[1];
  if (call === undefined) return [];
  const name = basename(file);
  if (!/\bPORT\b/.test(text)) return [elsewhereNote(name)];
  return isForEverybody(call) ? [everybodyNote(name)] : [];
}

/** The note that a server doesn't read its port from PORT. */
export function elsewhereNote(name: string): string {
  return `${name} doesn't mention PORT: it must listen on the port that this ` +
    "environment variable names";
}

/** The note that a server listens on all interfaces. */
export function everybodyNote(name: string): string {
  return `${name} listens on all interfaces: anyone who reaches its port ` +
    "bypasses nginx; make it listen on 127.0.0.1";
}

/** Whether a listening call, given from its first argument on, names no address. */
function isForEverybody(call: string): boolean {
  const [args = ""] = /^(?:(?!=>|\bfunction\b|;)[^]){0,200}/.exec(call) ?? [];
  return !/127\.0\.0\.1|localhost|::1|\bhost(?:name)?\b/i.test(args) ||
    /0\.0\.0\.0|["']::["']/.test(args);
}

/** Reads a JSON object from a file; an empty one if there is none. */
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

/** A value as an object; an empty one if it isn't one. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
