import { basename, dirname, join, relative } from "@std/path";
import type { ServiceConfig } from "../config/config.ts";
import { discard } from "../system/files.ts";

/** The service whose logs are meant. */
type LogPlace = Pick<ServiceConfig, "name" | "stateDir">;

/** How many logs of a service are kept, besides those of known instances. */
const KEPT = 5;

/** Where the logs of a service's instances are, unless deploy.conf names another place. */
export function logDirectory({ stateDir, name }: LogPlace): string {
  return join(stateDir, "log", name);
}

/** The log of one instance. */
export function ownLog(service: LogPlace, id: string): string {
  return join(logDirectory(service), `${id}.log`);
}

/**
 * Links `log/NAME.log` to the log of an instance, for people. A file from an earlier zdd at
 * that path becomes one of the service's logs. Nothing depends on the link, so failures are
 * ignored.
 */
export function leadTo(link: string, log: string): void {
  const unique = crypto.randomUUID().slice(0, 8);
  const temporary = join(dirname(link), `.${basename(link)}.${unique}`);
  try {
    if (isFile(link)) Deno.renameSync(link, join(dirname(log), "earlier.log"));
    Deno.symlinkSync(relative(dirname(link), log), temporary);
    Deno.renameSync(temporary, link);
  } catch {
    discard(temporary);
  }
}

/** The logs of a service, newest first. */
export function ownLogs(service: LogPlace): string[] {
  const directory = logDirectory(service);
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name, isFile }) => isFile && name.endsWith(".log"))
      .map(({ name }) => join(directory, name))
      .map((path) => ({ path, at: Number(Deno.lstatSync(path).mtime) }))
      .sort((a, b) => b.at - a.at).map(({ path }) => path);
  } catch {
    return []; // there is none yet
  }
}

/** Removes the oldest logs of a service, with their rotated files. */
export function removeOldLogs(
  service: LogPlace,
  used: readonly string[],
): void {
  const unused = ownLogs(service).filter((log) => !used.includes(log));
  for (const log of unused.slice(KEPT)) {
    const rotated = [...Deno.readDirSync(dirname(log))]
      .filter(({ name }) => name.startsWith(`${basename(log)}.`))
      .map(({ name }) => join(dirname(log), name));
    for (const path of [log, ...rotated]) discard(path);
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
