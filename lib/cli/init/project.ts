import { basename, join } from "@std/path";
import { isFile, readIfExists } from "../../system/files.ts";

/** The first of some files that is in a directory. */
export function firstFile(
  directory: string,
  names: readonly string[],
): string | undefined {
  return names.find((name) => isFile(join(directory, name)));
}

/** A note, unless a server's file speaks of PORT. */
export function listensElsewhere(
  directory: string,
  file: string,
): string | undefined {
  const text = readIfExists(join(directory, file)) ?? "";
  return /\bPORT\b/.test(text) ? undefined : (
    `${basename(file)} doesn't mention PORT: it must listen on the port that ` +
    "this environment variable names"
  );
}

/** An empty object for what isn't there or isn't JSON. */
export function readJson(
  directory: string,
  name: string,
): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(
      readIfExists(join(directory, name)) ?? "{}",
    );
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
