import { basename, dirname, resolve } from "@std/path";
import { isDirectory } from "../system/files.ts";
import { findProgram } from "../system/program.ts";
import { IS_LINUX } from "../system/platform.ts";
import { findUser } from "../system/users.ts";
import type { Inherit } from "../system/environment.ts";
import { readRegularFile } from "../system/safe_open.ts";
import { parseDuration } from "../text/duration.ts";
import type { Place } from "./key.ts";
import {
  parseEnvironment,
  parsePort,
  parseStatuses,
  type PortKind,
  type StatusRange,
} from "./values.ts";

// Each function here is a `Reader` for the table of keys.

/** The text unchanged; it may have several lines. */
export function script(text: string): string {
  return text;
}

/** A shell command, its continuation lines joined. */
export function command(text: string): string {
  return text.replace(/\s*\\?\n\s*/g, " ");
}

/** An absolute path. */
export function path(text: string, place: Place): string {
  if (text.includes("\n")) place.reject("one path");
  return resolve(place.directory, text);
}

/** The absolute path of a directory that exists. */
export function directory(text: string, place: Place): string {
  const found = path(text, place);
  if (isHere(text) && !isDirectory(found)) place.reject("a directory", found);
  return found;
}

/** The absolute path of a file whose directory exists. */
export function fileInDirectory(text: string, place: Place): string {
  const file = path(text, place);
  if (isHere(text) && !isDirectory(dirname(file))) {
    place.reject("a file in a directory that exists", file);
  }
  return file;
}

/** Whether a path is on this host: on macOS and Windows, absolute paths are those of the server. */
function isHere(path: string): boolean {
  return IS_LINUX || !path.startsWith("/");
}

/** The absolute path of a program that can be run. */
export function program(text: string, place: Place): string {
  const found = findProgram(text, place.directory);
  if (found === undefined && IS_LINUX) {
    place.reject(
      `a program that is installed (apt-get install ${basename(text)}?)`,
    );
  }
  return found ?? text;
}

/** A time in ms. */
export function duration(text: string, place: Place): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    place.reject("seconds, or a time such as 500ms, 10s or 2m");
  }
  return ms ?? 0;
}

/** A percentage such as `1%` or `0.5 %`, as a number from 0 to 1. */
export function share(text: string, place: Place): number {
  const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    place.reject("a percentage such as 1% or 0.5%");
  }
  return Number(percent ?? 0) / 100;
}

/** A factor of at least 1, such as `2x` or `1.5x`; undefined for `none`. */
export function factor(text: string, place: Place): number | undefined {
  if (text === "none") return undefined;
  const times = /^(\d{1,4}(?:\.\d+)?)\s*x?$/.exec(text)?.[1];
  if (times === undefined || Number(times) < 1) {
    place.reject("a factor such as 2x or 1.5x, or none");
  }
  return Number(times ?? 1);
}

/** Ranges of HTTP statuses. */
export function statuses(text: string, place: Place): StatusRange[] {
  const ranges = parseStatuses(text);
  if (ranges === undefined) {
    place.reject("HTTP statuses such as 200 or 200-399");
  }
  return ranges ?? [];
}

/** How a service gets its address. */
export function port(
  text: string,
  place: Place,
): { port: PortKind; portNumber?: number } {
  const parsed = parsePort(text);
  if (parsed === undefined) {
    place.reject("file, env, socket, detect, none or a port");
  }
  return parsed ?? { port: "file" };
}

/** A boolean, with the words of Python's `getboolean`. */
export function flag(text: string, place: Place): boolean {
  const word = text.toLowerCase();
  const yes = ["yes", "true", "on", "1"].includes(word);
  if (!yes && !["no", "false", "off", "0"].includes(word)) {
    place.reject("yes or no", word);
  }
  return yes;
}

/** Names separated by blanks or commas, without duplicates. */
export function names(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((name) => name !== ""))];
}

/** Whether new instances start before the old ones end. */
export function order(
  text: string,
  place: Place,
): "start-first" | "stop-first" {
  const word = text.toLowerCase();
  if (word === "start-first" || word === "stop-first") return word;
  place.reject("start-first or stop-first");
  return "start-first";
}

/** A number from 1 to 9999. */
export function count(text: string, place: Place): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number < 1) place.reject("a number from 1 to 9999");
  return Math.max(number, 1);
}

/** A number of connections, from 0 to 9999. */
export function connections(text: string, place: Place): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  if (number === undefined) place.reject("a number from 0 to 9999");
  return number ?? 0;
}

/** An http or https URL. */
export function url(text: string, place: Place): string {
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) {
    place.reject("a URL such as http://…");
  }
  return text;
}

/** A path that begins with a slash, or a URL. */
export function target(text: string, place: Place): string {
  return /^\/\S*$/.test(text) ? text : url(text, place);
}

/** The value of `health` for no request. */
export const NONE = "none";

/** A path, a URL, or `none`. */
export function page(text: string, place: Place): string {
  return text === NONE ? NONE : target(text, place);
}

/** The value of a Host header: a host, with or without a port. */
export function host(text: string, place: Place): string {
  if (!/^[^\s/?#@\\]+$/.test(text) || !URL.canParse(`http://${text}/`)) {
    place.reject("a host such as example.org or example.org:8080");
    return "localhost";
  }
  return text;
}

/** Variables, one `KEY=VALUE` per line. */
export function variables(
  text: string,
  place: Place,
): Record<string, string> {
  const { variables, wrong } = parseEnvironment(text);
  if (wrong !== undefined) place.reject("KEY=VALUE lines", wrong.trim());
  return variables;
}

/** Which of zddeploy's own variables a process gets. */
export function inheritance(text: string, place: Place): Inherit {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const [only = "", ...others] = words;
  if (others.length === 0 && /^(yes|no)$/i.test(only)) {
    return /yes/i.test(only) ? "yes" : "no";
  }
  const wrong = words.find((word) =>
    !/^[A-Za-z_]\w*\*?$/.test(word) || /^(yes|no|all)$/i.test(word)
  );
  if (wrong !== undefined || words.length === 0) {
    place.reject("yes, no, or names of variables and PREFIX*", wrong ?? text);
  }
  return words;
}

/** The variables in a file. */
export function variablesInFile(
  text: string,
  place: Place,
): Record<string, string> {
  const file = path(text, place);
  if (!isHere(text)) return {};
  let lines: string | undefined;
  try {
    lines = readRegularFile(file);
    if (lines === undefined) place.reject("a file", file);
  } catch (error) {
    const isForbidden = error instanceof Deno.errors.PermissionDenied;
    const expected = isForbidden
      ? "a readable file, not behind a link of another user"
      : "a file";
    place.reject(expected, file);
  }
  return variables(lines ?? "", place);
}

/** The name of a user of this host. */
export function user(text: string, place: Place): string {
  if (IS_LINUX && findUser(text) === undefined) {
    place.reject("a user of this host");
  }
  return text;
}
