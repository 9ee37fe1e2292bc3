import { type Block, inForce, quote } from "../nginx/configuration.ts";
import { crc32 } from "../text/checksum.ts";
import { FIELDS } from "../watch/answer.ts";
import { WATCH_FLAG, type WatchPlaces } from "../watch/watch_log.ts";
import { STEERING } from "./steering.ts";
import { isChoice, type PlannedChoice, type PlannedPass } from "./plan.ts";

// Lines that make nginx log its answers while a release is watched. The log is at http
// level, and again in each server and location whose own `access_log` would hide it. The
// user's own logs stay as they are.

/** Where a watch keeps its files, in the directory of the live links. */
export function watchPlaces(live: string): WatchPlaces {
  return { log: `${live}/watch.log`, flags: `${live}/${STEERING}` };
}

/**
 * Directives that act differently with a flag in the same location
 * (ngx_http_rewrite_module).
 */
const SPOILED = ["limit_except", "if", "try_files", "rewrite", "break"];

/**
 * At http level: what is logged, and when.
 *
 * @param defaultLog says where nginx logs if there is no access_log at all
 */
export function watchBlocks(
  passes: readonly PlannedPass[],
  live: string,
  defaultLog: () => string,
): string[][] {
  const http = passes.flatMap(({ levels }) => levels).find(isHttp);
  if (http === undefined) return [];
  const { format, variable } = namesIn(live);
  const logs = logsOf(http);
  return [
    // A value for requests that don't check the flag: otherwise nginx would warn.
    [`map "" ${variable} {`, '    default "";', "}"],
    [
      "map $msec $zdd__tens {",
      '    "~^(?<zdd__time>\\d+)\\d\\." $zdd__time;',
      "}",
    ],
    [`log_format ${format} "${FIELDS.join("\\t")}";`],
    ...isOff(logs) ? [] : [[
      // The first access_log disables nginx's default one.
      ...logs.length > 0 ? [] : [`access_log ${quote(defaultLog())};`],
      ownLog(live),
    ]],
  ];
}

/** In a server: checks the flag, and adds the log if an outer one doesn't apply here. */
export function watchChoice(
  { marker, levels }: PlannedChoice,
  live: string,
): string[] {
  const [here = [], ...outer] = levels;
  const isFirst = here.find(isChoice) === marker;
  if (!isFirst || !levels.some(isHttp)) return [];
  const logs = logsOf(here);
  const isLogged = isOff(logs) || logs.length === 0 && isOurs(outer);
  return [flagLine(live), ...isLogged ? [] : [ownLog(live)]];
}

/** In a location: what its server lacks, and the logs that ours would hide. */
export function watchPass(pass: PlannedPass, live: string): string[] {
  if (!isWatched(pass)) return [];
  const [here = [], ...outer] = pass.levels;
  const flag = isFlagged(outer) ? [] : [flagLine(live)];
  if (logsOf(here).length > 0) return [...flag, ownLog(live)];
  if (isOurs(outer)) return flag;
  const hidden = inForce(outer, "access_log");
  return [
    ...flag,
    ...isOff(hidden)
      ? []
      : hidden.map(({ args }) => `access_log ${args.map(quote).join(" ")};`),
    ownLog(live),
  ];
}

/** Whether the answers of a pass can be logged without changing its behavior. */
export function isWatched({ levels, isConditional }: PlannedPass): boolean {
  const [here = [], ...outer] = levels;
  if (!levels.some(isHttp) || isOff(logsOf(here))) return false;
  return isFlagged(outer) ||
    !isConditional && !here.some(({ name }) => SPOILED.includes(name));
}

/** Whether our log applies at the first of these levels. */
function isOurs([here, ...outer]: readonly Block[]): boolean {
  if (here === undefined || isOff(logsOf(here))) return false;
  if (isHttp(here) || here.some(isChoice)) return true;
  return logsOf(here).length === 0 && isOurs(outer);
}

/** Whether a server around a place checks the flag. */
function isFlagged(levels: readonly Block[]): boolean {
  return levels.some((level) => level.some(isChoice));
}

function isHttp([first]: Block): boolean {
  return first?.parent?.name === "http";
}

function logsOf(level: Block): Block {
  return level.filter(({ name }) => name === "access_log");
}

function isOff(logs: Block): boolean {
  return logs.some(({ args }) => args[0] === "off");
}

function flagLine(live: string): string {
  const { variable } = namesIn(live);
  return `if (-e "${
    watchPlaces(live).flags
  }/${WATCH_FLAG}$zdd__tens") { set ${variable} 1; }`;
}

function ownLog(live: string): string {
  const { format, variable } = namesIn(live);
  return `access_log "${watchPlaces(live).log}" ${format} if=${variable};`;
}

/** The names for one project: others may share the same nginx. */
function namesIn(live: string) {
  const own = crc32(live);
  return { format: `zdd_watch_${own}`, variable: `$zdd__watch_${own}` };
}
