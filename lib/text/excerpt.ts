import { findErrors, type FoundError } from "./traceback.ts";

/** How many lines an excerpt has, so that a failure fits a screen. */
const MOST = 10;
/** How many frames in the user's own files are shown of each error. */
const FRAMES = 3;
/** How many errors are shown of a chain, in which each causes the next. */
const CHAIN = 3;

/**
 * The lines of an output that explain why a program failed: the messages of the last error
 * and its causes, where in the user's own files they were raised, and the last lines;
 * without an error, only the last lines. One line says how many are left out.
 */
export function excerpt(lines: readonly string[]): string[] {
  const chosen = new Set<number>();
  const take = (line: number) => {
    const isBlank = lines[line]?.trim() === "";
    if (chosen.size < MOST && !isBlank) chosen.add(line);
  };
  const chain = tellingErrors(findErrors(lines));
  for (const { head } of chain) head.slice(0, 2).forEach(take);
  for (const { place, own, other } of chain) {
    place.forEach(take);
    const frames = own.length > 0 ? own : other.slice(0, 1);
    frames.slice(0, FRAMES).flat().forEach(take);
  }
  const last = chain.at(-1);
  const rest = last ? Math.max(last.end + 1, lines.length - 2) : 0;
  for (let i = lines.length - 1; i >= rest; i--) {
    if (last === undefined || !/^Node\.js v\d/.test(lines[i] ?? "")) take(i);
  }
  const shown = [...chosen].toSorted((a, b) => a - b)
    .map((line) => lines[line] ?? "");
  const left = lines.filter((line) => line.trim() !== "").length - shown.length;
  if (left === 0) return shown;
  const more = `… ${left} more ${left === 1 ? "line" : "lines"}`;
  return chain.length > 0 ? [...shown, more] : [`${more} above`, ...shown];
}

/** Whether an output contains a traceback. */
export function hasError(lines: readonly string[]): boolean {
  return findErrors(lines).length > 0;
}

/**
 * The last chain of errors. If none was raised in the user's own files, the cause is often an
 * error that another process of the server printed before: gunicorn's master ends with its
 * own error after a worker couldn't import the application. Then that error comes first.
 */
function tellingErrors(errors: FoundError[]): FoundError[] {
  const chain = lastChain(errors);
  const isOwn = ({ own }: FoundError) => own.length > 0;
  const cause = chain.some(isOwn) ? undefined : errors.findLast(isOwn);
  return cause === undefined
    ? chain.slice(-CHAIN)
    : [cause, ...chain.slice(1 - CHAIN)];
}

/** The last error, and those before it in the same chain. */
function lastChain(errors: FoundError[]): FoundError[] {
  const begin = errors.findLastIndex(({ isChained }) => !isChained);
  return errors.slice(Math.max(begin, 0));
}
