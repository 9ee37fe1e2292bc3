import { dirname } from "@std/path";
import { exists } from "../../../system/files.ts";
import { fileSystemOf } from "../../../system/file_system.ts";
import { type Check, type Finding, ok, problem, warning } from "./check.ts";

/** Below this many free bytes, a deploy may fail. */
const LEAST = 10e6;
/** Below this many free bytes, logs may fill the disk soon. */
const LITTLE = 200e6;
/** Below this many free inodes, there is a warning. */
const FILES = 1000;

/** File systems on which locks or links may not be visible to everyone, or not at once (stat(1)). */
const SHARED = /^(nfs|smb|cifs|9p|fuse|afs|ceph|gfs|v9fs)/;

/** Checks the disk with the state, the links and the logs. */
export const checkDisk: Check = ({ directory, project }) => {
  const places = [project?.config.stateDir ?? directory].map(existing);
  return places.flatMap((place) => judge(place));
};

function judge(place: string): Finding[] {
  const system = fileSystemOf(place);
  if (system === undefined) return [];
  const { type, freeBytes, freeFiles = Infinity } = system;
  const free = freeBytes < 10e9
    ? `${Math.round(freeBytes / 1e6)} MB`
    : `${Math.round(freeBytes / 1e9)} GB`;
  if (freeBytes < LEAST || freeFiles < 10) {
    return [problem(
      `The disk with "${place}" is full`,
      "free some space: a deploy must write its state before it changes anything",
    )];
  }
  const findings: Finding[] = [];
  if (freeBytes < LITTLE) {
    findings.push(
      warning(`${free} are free for "${place}"`, "free some space"),
    );
  }
  if (freeFiles < FILES) {
    findings.push(warning(
      `Only ${freeFiles} more files can be created on the disk with "${place}"`,
      "remove some: it is running out of inodes",
    ));
  }
  if (SHARED.test(type)) {
    findings.push(warning(
      `"${place}" is on a file system of type ${type}, where locks may not hold`,
      "set state_dir in [deploy] to a local disk",
    ));
  }
  return findings.length > 0
    ? findings
    : [ok(`${free} are free for "${place}"`)];
}

/** A path, or the nearest directory above that exists. */
function existing(path: string): string {
  return exists(path) ? path : existing(dirname(path));
}
