import { ExitStatus, ZddError } from "../error.ts";
import { crc32 } from "../text/checksum.ts";
import { VERSION } from "../text/version.ts";
import { isObject, type Json } from "./shapes.ts";

/** The version of the files that this zdd writes. */
export const FILE_VERSION = 3;

/** What each version became in the next one. */
const MIGRATIONS: Record<number, (file: Json) => Json> = {
  // `setup` was a digest of a few keys, which says nothing of the others.
  1: (file) => without(file, "setup"),
  // Every instance had an address, which a worker hasn't.
  2: (file) => file,
};

/** A file that a later zdd has written: this one would forget what it can't read. */
export class LaterVersion extends ZddError {
  override name = "LaterVersion";
}

/** What zdd writes into a file, with the version by which it is read and a checksum. */
export function versioned<T extends object>(content: T) {
  const file = { version: FILE_VERSION, writtenBy: VERSION, ...content };
  return { checksum: checksumOf(file), ...file };
}

/** A bit that flips on a disk can make another process of a pid, and still be JSON. */
function checksumOf(file: object): string {
  return crc32(JSON.stringify(file));
}

/**
 * What a file holds in the present version, one of an earlier version migrated;
 * undefined if it has no version that there ever was, or isn't as it was written.
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
  // Files had none before.
  if (checksum !== undefined && checksum !== checksumOf(file)) return undefined;
  let migrated: Json = content;
  for (let from = version; from < FILE_VERSION; from++) {
    migrated = MIGRATIONS[from]?.(migrated) ?? migrated;
  }
  return migrated;
}

/** A value in which no object has a key any more. */
function without<T>(value: T, key: string): T {
  return JSON.parse(
    JSON.stringify(value, (name, inner) => name === key ? undefined : inner),
  );
}
