import { dirname } from "@std/path";
import { askBuild } from "../../../nginx/build.ts";
import { mayUse } from "../../../nginx/access.ts";
import {
  allDirectives,
  parseConfiguration,
} from "../../../nginx/configuration.ts";
import { exists, readIfExists } from "../../../system/files.ts";
import { credentialsOf, userOf } from "../../../system/process.ts";
import { unitProperties } from "../../../system/service_manager.ts";
import {
  credentialsOfUser,
  findUser,
  nameOfUser,
} from "../../../system/users.ts";
import {
  type Check,
  type Finding,
  ok,
  type Patient,
  problem,
} from "./check.ts";

/** Checks nginx's user: zddeploy must be able to signal it, and its workers to enter `state_dir`. */
export const checkNginxUser: Check = async (patient) => {
  const { project, uid } = patient;
  if (project === undefined) return [];
  const master = project.nginx.master();
  const owner = master && userOf(master.pid);
  if (uid !== 0 && owner !== undefined && owner !== uid) {
    return [problem(
      `nginx runs as ${nameOfUser(owner)}, and ${
        nameOfUser(uid)
      } may not reload it`,
      `run zddeploy as ${nameOfUser(owner)}`,
    )];
  }
  return [...closedDirectories(patient), ...await sandbox(patient)];
};

/** Finds a directory on the path to `state_dir` that nginx's workers can't enter. */
function closedDirectories({ project, uid, nginx }: Patient): Finding[] {
  if (project === undefined) return [];
  // Only root can start workers as another user.
  const name = uid === 0 ? workerUser(project.config.nginx, nginx) : undefined;
  if (name === "root") return [];
  const user = name === undefined ? undefined : findUser(name);
  if (name !== undefined && user === undefined) {
    return [problem(
      `There is no user "${name}" for nginx's workers`,
      'name one with "user" in the template',
    )];
  }
  const who = user === undefined
    ? credentialsOf(Deno.pid)
    : credentialsOfUser(user);
  if (who === undefined) return [];
  const { stateDir } = project.config;
  const closed = directoriesAbove(stateDir).find((directory) =>
    !mayUse(who, Deno.statSync(directory), 1)
  );
  const whose = name ?? nameOfUser(uid);
  if (closed === undefined) {
    return [ok(`nginx's workers (${whose}) can reach ${stateDir}`)];
  }
  return [problem(
    `nginx's workers (${whose}) cannot enter "${closed}", on the path to ` +
      `"${stateDir}"`,
    `run "chmod o+x ${closed}", or set state_dir in [deploy] to a place such as ` +
      "/var/lib/zdd/NAME",
  )];
}

/** The directories above a path that exist, from the top. */
function directoriesAbove(path: string): string[] {
  const above = dirname(path);
  const rest = above === path ? [] : directoriesAbove(above);
  return exists(path) ? [...rest, path] : rest;
}

/** The user of nginx's workers according to its configuration. */
function workerUser(
  { conf, template }: { conf: string; template: string },
  nginx: string,
): string | undefined {
  for (const file of [conf, template]) {
    const text = readIfExists(file);
    if (text === undefined) continue;
    const named = userIn(text);
    if (named !== undefined) return named;
  }
  try {
    return askBuild(nginx).user;
  } catch {
    return undefined; // another check reports it
  }
}

/** The user that a configuration or a template names. */
function userIn(text: string): string | undefined {
  try {
    for (const { name, args } of allDirectives(parseConfiguration(text))) {
      if (name === "user") return args[0];
    }
    return undefined;
  } catch {
    return /^\s*user\s+([\w.-]+)/m.exec(text)?.[1]; // it contains Eta
  }
}

/** Checks that systemd doesn't hide `state_dir` from the system's nginx (systemd.exec(5)). */
async function sandbox({ project }: Patient): Promise<Finding[]> {
  const { conf, command } = project?.config.nginx ?? {};
  if (project === undefined || conf !== "/etc/nginx/nginx.conf") return [];
  if (command === undefined) return [];
  const { PrivateTmp, ProtectHome } = await unitProperties(
    { name: "nginx.service", manager: "system" },
    ["PrivateTmp", "ProtectHome"],
  );
  const { stateDir } = project.config;
  const isBelow = (...places: string[]) =>
    places.some((place) => stateDir.startsWith(`${place}/`));
  const hides = PrivateTmp === "yes" && isBelow("/tmp", "/var/tmp")
    ? "PrivateTmp=yes"
    : (ProtectHome === "yes" || ProtectHome === "tmpfs") &&
        isBelow("/home", "/root", "/run/user")
    ? `ProtectHome=${ProtectHome}`
    : undefined;
  return hides === undefined ? [] : [problem(
    `nginx.service has ${hides}, so nginx doesn't see "${stateDir}"`,
    "set state_dir in [deploy] to a place such as /var/lib/zdd/NAME",
  )];
}
