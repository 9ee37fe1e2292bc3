import { ExitStatus, ZddError } from "../error.ts";
import { crc32 } from "../text/checksum.ts";
import { VERSION } from "../text/version.ts";
import { isObject, type Json } from "./shapes.ts";

/** The version of the files that this zdd writes. */
export const FILE_VERSION = 3;

/** How to migrate each version to the next one. */
const MIGRATIONS: Record<number, (file: Json) => Json> = {
  // `setup` was a digest of a few keys only.
  1: (file) => without(file, "setup"),
  // In version 2, every instance had an address; a worker has none.
  2: (file) => file,
};

/** A file was written by a later zdd: this one would lose what it can't read. */
export class LaterVersion extends ZddError {
  override name = "LaterVersion";
}

/** Adds the version of the format and a checksum to the content of a file. */
export function versioned<T extends object>(content: T) {
  const file = { version: FILE_VERSION, writtenBy: VERSION, ...content };
  return { checksum: checksumOf(file), ...file };
}

/** A checksum, since a flipped bit on disk can change a pid and still leave valid JSON. */
function checksumOf(file: object): string {
  return crc32(JSON.stringify(file));
}

/**
 * The content of a file, migrated to the present version; undefined if its version is invalid
 * or its checksum doesn't match.
 *
 * @param path of the file, for the message
 * @throws {LaterVersion} with exit status 4, if a later zdd wrote it.
 */
export function unversioned(value: unknown, path: string): Json | undefined {
  if (!isObject(value)) return undefined;
  const { checksum, ...file } = value;
  const { version, writtenBy, ...content } = file;
  if (typeof version !== "number" || !Number.isInteger(version)) {
    return undefined;
  }
  if (version > FILE_VERSION) {
    const by = typeof writtenBy === "string" ? ` ${writtenBy}` : "";
    throw new LaterVersion(
      `Cannot read "${path}": it was written by a later zdd${by}, this is ` +
        VERSION,
      {
        hint: "use that version of zddeploy: this one would forget what it " +
          "cannot read",
        exitStatus: ExitStatus.broken,
      },
    );
  }
  if (version < 1) return undefined;
  // Earlier files have no checksum.
  if (checksum !== undefined && checksum !== checksumOf(file)) return undefined;
  let migrated: Json = content;
  for (let from = version; from < FILE_VERSION; from++) {
    migrated = MIGRATIONS[from]?.(migrated) ?? migrated;
  }
  return migrated;
}

/** A copy of a value without a key, in all objects. */
function without<T>(value: T, key: string): T {
  return JSON.parse(
    JSON.stringify(value, (name, inner) => name === key ? undefined : inner),
  );
}
