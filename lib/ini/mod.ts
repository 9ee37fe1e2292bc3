/**
 * The dialect of Python's `configparser.ConfigParser()` with its defaults. Every file that
 * CPython reads gives the same result here, with the line of each key. What CPython refuses
 * is returned as a list of problems.
 *
 * @example
 * ```ts
 * const { sections, defaults, problems } = parse("[web]\ndir: /srv\nlog: %(dir)s/log\n");
 * const web = sections.get("web");
 * if (web) interpolate(web, defaults, "log").value; // "/srv/log"
 * ```
 */
export {
  type Entry,
  type Ini,
  parse,
  type Problem,
  type Section,
} from "./parser.ts";
export {
  findEntry,
  interpolate,
  type Interpolated,
  type InterpolationProblem,
} from "./interpolation.ts";
