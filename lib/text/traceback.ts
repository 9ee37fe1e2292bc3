/** An error in the output of a program: the numbers of its lines, from 0. */
export interface FoundError {
  /** Its message. */
  head: number[];
  /** The line of source that a runtime shows above or below the message. */
  place: number[];
  /** The frames in the user's own files, the innermost first. */
  own: number[][];
  /** The frames in libraries and the runtime. */
  other: number[][];
  /** The last line of its frames and its message. */
  end: number;
  /** It is the cause or the consequence of the one before it. */
  isChained: boolean;
}

/** How a language prints where an error was raised. */
interface Language {
  /** A frame, whose first group is its place. */
  frame: RegExp;
  /** Other lines among the frames. */
  between: RegExp;
  /** The first line of a message. */
  head: RegExp;
  /** The message is below the frames, and the last frame is the innermost. */
  isLastFirst?: true;
  /** A line of source follows a frame. */
  hasSource?: true;
}

const NAMED = /(^|[\s(:])[\w.$\\]*(Error|Exception|Rejection|Throwable)\b/;
const CARETS = /^\s*[~^]+\s*$/;

const LANGUAGES: Language[] = [
  { // Python
    frame: /^\s*File "([^"]+)", line \d+/,
    between: /^(Traceback \(most recent call last\):| +\S.*|\s*)$/,
    head: /^[A-Za-z_][\w.]*(:|$)/,
    isLastFirst: true,
    hasSource: true,
  },
  { // Ruby
    frame: /^\s+(?:\d+: )?from (\S+?:\d+)?/,
    between: /^\s+\.\.\. \d+ levels\.\.\.$/,
    head: /^\S+:(\d+:)?in ['`].*: /,
  },
  { // Ruby, as Sinatra logs an exception of a request
    frame: /^\t(\S+:\d+):in [`']/,
    between: /^$/,
    head: /^\d\S+ \S+ - [A-Z][\w:]* - /,
  },
  { // Go
    frame: /^\t(\S+\.go:\d+)/,
    between: /^(\S+\(.*\)|goroutine \d+ .*|created by .*|\[signal .*|\s*)$/,
    head: /^(panic|fatal error): /,
  },
  { // PHP
    frame: /^#\d+ (\S+)/,
    between: /^$/,
    head: NAMED,
  },
  { // Node, Deno, Bun, Java, .NET
    frame: /^\s+at (?:.*?\()?(\S+?)\)?$|^\s+at (.+)$/,
    between: /^\s+\.\.\. \d+ (more|lines|common)\b.*$/,
    head: NAMED,
  },
];

/** Files of packages, the runtime and the system: not the user's own. */
const FOREIGN = new RegExp(
  [
    ...["node_modules/", "\\bnode:", "^<", "site-packages/", "dist-packages/"],
    ...["/gems/", "rubygems", "/lib/(python|ruby|php|node)", "^ext:"],
    ...[
      "^(java|javax|jdk|sun|com\\.sun|jakarta)[./]",
      "^[\\w.]+/(java|jdk|sun|com\\.sun)\\.",
    ],
    ...["^org\\.(springframework|apache|eclipse)\\.", "/vendor/", "/pkg/mod/"],
    ...[
      "/go/src/",
      "^internal/",
      "^native$",
      "^/usr/(local/)?(lib\\w*|bin|share|bundle|go)/",
      "^\\{main\\}",
      "\\[internal",
    ],
  ].join("|"),
);

/** How many lines there may be between a message and its frames. */
const FAR = 8;

/** All errors that were printed with a traceback, in order. */
export function findErrors(lines: readonly string[]): FoundError[] {
  const found: FoundError[] = [];
  for (let i = 0, last = -1; i < lines.length; i++) {
    const language = LANGUAGES.find(({ frame }) => frame.test(lines[i] ?? ""));
    if (language === undefined) continue;
    const end = endOfFrames(lines, i, language);
    const error = language.isLastFirst
      ? headBelow(lines, i, end, language)
      : headAbove(lines, i, last, language);
    if (error !== undefined) {
      const gap = error.begin - last - 1;
      const chained = found.length > 0 && gap <= 4 &&
        /^\s*\[?(caused? by|cause|the above exception|during handling)\b/im
          .test(lines.slice(last + 1, error.begin + 1).join("\n"));
      const before = last;
      last = Math.max(end, ...error.head);
      found.push({
        head: error.head,
        place: error.place,
        ...framesIn(lines, i, end, language),
        isChained: chained || isRubysCause(lines, error.begin, before, found),
        end: last,
      });
    }
    i = Math.max(end, last);
  }
  return found;
}

/** The last line of the frames that begin at `from`. */
function endOfFrames(
  lines: readonly string[],
  from: number,
  { frame, between }: Language,
): number {
  let end = from;
  for (let i = from + 1; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (frame.test(line)) end = i;
    else if (!between.test(line)) break;
  }
  return end;
}

interface Head {
  begin: number;
  head: number[];
  place: number[];
}

function headBelow(
  lines: readonly string[],
  from: number,
  end: number,
  { head }: Language,
): Head | undefined {
  let at = end + 1;
  while (/^\s+\S/.test(lines[at] ?? "")) at++;
  if (!head.test(lines[at] ?? "")) return undefined;
  const next = lines[at + 1] ?? "";
  const goesOn = next !== "" && !/^(\[|\d|\S+ \[|[A-Z]+[: ])/.test(next);
  const begin = /^\s*Traceback/.test(lines[from - 1] ?? "") ? from - 1 : from;
  return { begin, head: goesOn ? [at, at + 1] : [at], place: [] };
}

function headAbove(
  lines: readonly string[],
  from: number,
  last: number,
  { head }: Language,
): Head | undefined {
  // Deno and Ruby show the line of source between.
  const above = CARETS.test(lines[from - 1] ?? "") ? from - 3 : from - 1;
  for (let at = above; at > last && at >= from - FAR; at--) {
    if (!head.test(lines[at] ?? "")) continue;
    const message = [at];
    for (let next = at + 1; next < from; next++) {
      if ((lines[next] ?? "").trim() === "" || next > at + 1) break;
      if (!CARETS.test(lines[next + 1] ?? "")) message.push(next);
    }
    return { begin: at, head: message, place: placeAbove(lines, at, last) };
  }
  return undefined;
}

/** What Node prints above a message: the file, its line, and a caret below. */
function placeAbove(
  lines: readonly string[],
  head: number,
  last: number,
): number[] {
  const carets = (lines[head - 1] ?? "").trim() === "" ? head - 2 : head - 1;
  const file = carets - 2;
  const isPlace = file > last && CARETS.test(lines[carets] ?? "") &&
    /^\S+:\d+$/.test(lines[file] ?? "") && !FOREIGN.test(lines[file] ?? "");
  return isPlace ? [file, file + 1, carets] : [];
}

/** The frames of an error: each with its line of source. */
function framesIn(
  lines: readonly string[],
  from: number,
  end: number,
  { frame, isLastFirst, hasSource }: Language,
): Pick<FoundError, "own" | "other"> {
  const own: number[][] = [];
  const other: number[][] = [];
  for (let i = from; i <= end; i++) {
    const match = frame.exec(lines[i] ?? "");
    if (match === null) continue;
    const place = match[1] ?? match[2] ?? "";
    const source = lines[i + 1] ?? "";
    const whole = hasSource && /^\s+\S/.test(source) && !frame.test(source)
      ? [i, i + 1]
      : [i];
    // In Java, the class shows whose it is.
    const named = (lines[i] ?? "").trim().replace(/^at /, "");
    const isForeign = [place, named].some((text) => FOREIGN.test(text));
    (isForeign || place === "" ? other : own).push(whole);
  }
  return isLastFirst
    ? { own: own.reverse(), other: other.reverse() }
    : { own, other };
}

/** Whether it is a cause in Ruby, which prints it right below, without an introduction. */
function isRubysCause(
  lines: readonly string[],
  begin: number,
  last: number,
  found: FoundError[],
): boolean {
  return found.length > 0 && begin === last + 1 &&
    /^\S+:\d+:in ['`]/.test(lines[begin] ?? "");
}
