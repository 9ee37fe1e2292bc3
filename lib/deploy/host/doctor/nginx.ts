import { findProgram } from "../../../system/program.ts";
import { askBuild, type Build } from "../../../nginx/build.ts";
import { compareVersions } from "../../../nginx/version.ts";
import { messageOf } from "../../../error.ts";
import { type Check, type Finding, ok, problem, warning } from "./check.ts";

/** The oldest version that zdd is tested with. */
const OLDEST = "1.18.0";

/** The modules that the live switch needs. */
const NEEDED = [
  "http",
  "http_map_module",
  "http_proxy_module",
  "http_rewrite_module",
  "http_split_clients_module",
  "http_upstream_keepalive_module",
];

const INSTALL =
  'install it: "apt-get install nginx" on Debian and Ubuntu, "dnf install nginx" ' +
  "on Fedora and RHEL";

/** Checks that nginx is installed, and its version and modules. */
export const checkNginx: Check = ({ nginx, directory }) => {
  const program = findProgram(nginx, directory);
  if (program === undefined) {
    return [problem(`There is no program "${nginx}"`, INSTALL)];
  }
  try {
    return judgeBuild(program, askBuild(program));
  } catch (error) {
    return [problem(`Cannot run "${program}": ${messageOf(error)}`)];
  }
};

/** Checks the version and the modules of an nginx. */
export function judgeBuild(
  program: string,
  { version, without }: Build,
): Finding[] {
  const missing = NEEDED.filter((module) => without.includes(module));
  if (missing.length > 0) {
    return [problem(
      `${program} was built without ${missing.join(", ")}`,
      "the live switch needs it: install the distribution's own nginx",
    )];
  }
  if (version === "0.0.0") {
    return [warning(`${program} doesn't tell its version`)];
  }
  return compareVersions(version, OLDEST) < 0
    ? [warning(
      `nginx ${version} is older than ${OLDEST}, the oldest that zdd is tested with`,
      "install a later one",
    )]
    : [ok(`nginx ${version}, ${program}`)];
}
