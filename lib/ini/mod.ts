/**
 * The dialect of Python's `configparser.ConfigParser()` with its defaults: every file that
 * CPython reads gives the same here, with the line of each key, and what CPython refuses is
 * told as a list of problems.
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
