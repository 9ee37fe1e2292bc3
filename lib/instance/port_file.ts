import { basename, dirname, extname, join } from "@std/path";
import { reasonOf, ZddError } from "../error.ts";
import { type Address, parseAddress } from "../system/address.ts";
import { hold } from "../system/held.ts";
import { readSmallFile } from "../system/safe_open.ts";
import { userOf } from "../system/process.ts";

/** Where a process of a service writes its address: `<pid>.port` beside the pid file. */
export function portFileOf(pidFile: string, pid: number): string {
  return join(dirname(pidFile), `${pid}.port`);
}

/** Where the Python zdd wrote the pid of the instance that serves: `NAME.current.pid`. */
export function currentPidFile(pidFile: string): string {
  const ending = extname(pidFile);
  const stem = basename(pidFile, ending);
  return join(dirname(pidFile), `${stem}.current${ending}`);
}

/**
 * The pid in a pid file; undefined while there is none or it is empty.
 *
 * @throws {ZddError} if it holds something else.
 */
export function readPid(file: string): number | undefined {
  const text = readLine(file, "pid");
  if (text === undefined || text === "") return undefined;
  // 2^22 is the highest pid (proc(5), pid_max). 0, 1 and negative numbers are never a
  // service.
  const pid = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (pid > 1 && pid <= 2 ** 22) return pid;
  throw wrong(file, "pid", text);
}

/** The pid in a pid file; undefined if there is none or it holds something else. */
export function readPidOrNothing(file: string): number | undefined {
  try {
    return readPid(file);
  } catch {
    return undefined;
  }
}

/**
 * The address in a port file; undefined while there is none or it is empty.
 *
 * @throws {ZddError} if it holds something else.
 */
export function readPort(file: string): Address | undefined {
  const text = readLine(file, "port");
  if (text === undefined || text === "") return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw wrong(file, "port", text);
  return address;
}

/**
 * Whether a pid file may name a process: its owner could signal that process, since it is
 * their own. A file of root or of the user who runs zdd may name any, but only in a
 * directory that others can't write to: elsewhere another user may have moved it there.
 */
export function mayName(file: string, pid: number): boolean {
  using held = hold(file);
  const { uid: owner } = held.stat();
  const trusted = (uid: number | null) => uid === 0 || uid === Deno.uid();
  if (!trusted(owner)) return owner === userOf(pid);
  const directory = Deno.lstatSync(dirname(held.place));
  return trusted(directory.uid) && ((directory.mode ?? 0) & 0o022) === 0;
}

function readLine(file: string, what: string): string | undefined {
  try {
    return readSmallFile(file)?.trim();
  } catch (error) {
    throw new ZddError(
      `Cannot read the ${what} file "${file}": ${reasonOf(error)}`,
    );
  }
}

function wrong(file: string, what: string, text: string): ZddError {
  const shown = text.length > 60 ? text.slice(0, 60) + "…" : text;
  return new ZddError(
    `Cannot read the ${what} file "${file}": expected a ${what}, got ` +
      JSON.stringify(shown),
  );
}
