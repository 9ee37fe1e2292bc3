import { type Block, inForce, quote } from "../nginx/configuration.ts";
import { crc32 } from "../text/checksum.ts";
import { FIELDS } from "../watch/answer.ts";
import { WATCH_FLAG, type WatchPlaces } from "../watch/watch_log.ts";
import { STEERING } from "./steering.ts";
import { isChoice, type PlannedChoice, type PlannedPass } from "./plan.ts";

// What has nginx log what it answers while a release is watched. The log stands at http
// level, and again in each server and location whose own `access_log` would hide it.
// Nothing is hidden that was logged before.

/** Where a watch has its files, in the directory of the live links. */
export function watchPlaces(live: string): WatchPlaces {
  return { log: `${live}/watch.log`, flags: `${live}/${STEERING}` };
}

/** What a location may have in it that a flag in the same location would change (ngx_http_rewrite_module). */
const SPOILED = ["limit_except", "if", "try_files", "rewrite", "break"];

/**
 * At http level: what is logged, and when.
 *
 * @param defaultLog tells where nginx logs if no access_log is named at all
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
    // Where no flag is looked for, it has a value nevertheless: nginx would warn.
    [`map "" ${variable} {`, '    default "";', "}"],
    [
      "map $msec $zdd__tens {",
      '    "~^(?<zdd__time>\\d+)\\d\\." $zdd__time;',
      "}",
    ],
    [`log_format ${format} "${FIELDS.join("\\t")}";`],
    ...isOff(logs) ? [] : [[
      // nginx's own ends with the first that is named.
      ...logs.length > 0 ? [] : [`access_log ${quote(defaultLog())};`],
      ownLog(live),
    ]],
  ];
}

/** In a server: the flag, and the log if those around it don't count here. */
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

/** In a location: what its server hasn't, and the logs that ours would hide. */
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

/** Whether it can be logged what is answered to a pass, without changing that. */
export function isWatched({ levels, isConditional }: PlannedPass): boolean {
  const [here = [], ...outer] = levels;
  if (!levels.some(isHttp) || isOff(logsOf(here))) return false;
  return isFlagged(outer) ||
    !isConditional && !here.some(({ name }) => SPOILED.includes(name));
}

/** Whether our log is in force at the first of these levels. */
function isOurs([here, ...outer]: readonly Block[]): boolean {
  if (here === undefined || isOff(logsOf(here))) return false;
  if (isHttp(here) || here.some(isChoice)) return true;
  return logsOf(here).length === 0 && isOurs(outer);
}

/** Whether a server around a place looks for the flag. */
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

/** Those of one project: others that share nginx have the same kind. */
function namesIn(live: string) {
  const own = crc32(live);
  return { format: `zdd_watch_${own}`, variable: `$zdd__watch_${own}` };
}
