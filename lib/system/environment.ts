import { INSTANCE_VARIABLE } from "./instance_mark.ts";

/**
 * Which variables of zddeploy's environment a process gets: `all`; `yes`, all except those
 * of the job or unit that zddeploy runs in; `no`, a minimal set; or that set and these
 * names and prefixes, such as `DB_*`.
 */
export type Inherit = "all" | "yes" | "no" | string[];

/** What a program needs to find other programs, its user's files, and the language. */
const MINIMAL = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL"],
  ...["LANG", "LANGUAGE", "LC_*", "TZ"],
];

/**
 * Variables that a process which outlives zddeploy must not get.
 *
 * After a job, CI runners end every process with their cookie in its environment:
 * RUNNER_TRACKING_ID of GitHub, Gitea and Forgejo, VSTS_PROCESS_LOOKUP_ID of Azure
 * Pipelines, the cookies of Jenkins and Hudson, TEAMCITY_PROCESS_FLOW_ID of TeamCity. Their
 * tokens are only for the job. What systemd passes to a unit's main process
 * (systemd.exec(5), sd_notify(3), sd_listen_fds(3)) is wrong for another process.
 */
const NEVER = [
  INSTANCE_VARIABLE,
  ...["RUNNER_TRACKING_ID", "ACTIONS_*", "GITHUB_TOKEN", "GITEA_TOKEN"],
  ...["FORGEJO_TOKEN", "VSTS_PROCESS_LOOKUP_ID", "SYSTEM_ACCESSTOKEN"],
  ...["JENKINS_NODE_COOKIE", "JENKINS_SERVER_COOKIE", "HUDSON_*"],
  ...["TEAMCITY_*", "BUILDKITE_AGENT_ACCESS_TOKEN"],
  ...["CI_JOB_TOKEN", "CI_BUILD_TOKEN", "CI_JOB_JWT*", "CI_REPOSITORY_URL"],
  ...["CI_DEPLOY_PASSWORD", "CI_REGISTRY_PASSWORD", "CI_NETRC_PASSWORD"],
  ...["CI_DEPENDENCY_PROXY_PASSWORD", "DRONE_NETRC_PASSWORD", "CIRCLE_OIDC_*"],
  ...[
    "BITBUCKET_STEP_OIDC_TOKEN",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
  ],
  ...[
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "MAINPID",
  ],
  ...["MANAGERPID", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_*"],
];

/** A cookie in Jenkins; elsewhere, programs may use this name themselves. */
const JENKINS_ALONE = "BUILD_ID";

/** The variables of zddeploy's own environment that a process inherits. */
export function inheritedEnvironment(
  inherit: Inherit,
  own = Deno.env.toObject(),
): Record<string, string> {
  if (inherit === "all") return leaveOut(own, [INSTANCE_VARIABLE]);
  const isJenkins = names(own, ["JENKINS_*", "HUDSON_*"]).length > 0;
  const never = isJenkins ? [...NEVER, JENKINS_ALONE] : NEVER;
  const passed = leaveOut(own, never);
  if (inherit === "yes") return passed;
  const wanted = [...MINIMAL, ...inherit === "no" ? [] : inherit];
  return pick(passed, names(passed, wanted));
}

function leaveOut(own: Record<string, string>, patterns: string[]) {
  const left = new Set(names(own, patterns));
  return pick(own, Object.keys(own).filter((name) => !left.has(name)));
}

function pick(
  own: Record<string, string>,
  wanted: string[],
): Record<string, string> {
  return Object.fromEntries(wanted.map((name) => [name, own[name] ?? ""]));
}

/** The names that match some patterns: equal, or with the prefix before a `*`. */
function names(own: Record<string, string>, patterns: string[]): string[] {
  const exact = new Set(patterns);
  const beginnings = patterns.filter((pattern) => pattern.endsWith("*"))
    .map((pattern) => pattern.slice(0, -1));
  return Object.keys(own).filter((name) =>
    exact.has(name) || beginnings.some((begin) => name.startsWith(begin))
  );
}
