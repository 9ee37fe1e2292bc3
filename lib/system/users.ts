/** A user of this host (passwd(5)). */
export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/**
 * A user by name, local or from a directory service (getent(1)); undefined if there is
 * none.
 */
export function findUser(name: string): User | undefined {
  if (!/^[A-Za-z_][\w.@-]*\$?$/.test(name)) return undefined;
  return find(name, (user) => user.name === name);
}

/** The name of a user; the number if there is no name. */
export function nameOfUser(uid: number): string {
  return find(String(uid), (user) => user.uid === uid)?.name ?? String(uid);
}

/** A user's id and groups (group(5)). */
export function credentialsOfUser(
  { name, uid, gid }: User,
  group = readOrEmpty("/etc/group"),
): { uid: number; groups: number[] } {
  const more = group.split("\n").flatMap((line) => {
    const [, , number, members = ""] = line.split(":");
    return members.split(",").includes(name) ? [Number(number)] : [];
  });
  return { uid, groups: [gid, ...more] };
}

/** The first uid of people; system users have lower ones (login.defs(5), UID_MIN). */
const FIRST_UID = 1000;
/** `nobody` on every Linux. */
const NOBODY = 65_534;

/** The groups whose members may become root in usual distributions. */
const ADMINISTRATORS = /^(?:sudo|wheel|admin):[^:]*:\d+:(.*)$/gm;

/** The local users who can log in and can't become root: people with a shell. */
export function loginUsers(
  passwd = readOrEmpty("/etc/passwd"),
  group = readOrEmpty("/etc/group"),
): string[] {
  const administrators = [...group.matchAll(ADMINISTRATORS)]
    .flatMap(([, members = ""]) => members.split(","));
  return parse(passwd).filter(({ name, uid, shell }) =>
    uid >= FIRST_UID && uid !== NOBODY &&
    !/\/(nologin|false)$/.test(shell) && !administrators.includes(name)
  ).map(({ name }) => name);
}

function find(key: string, is: (user: User) => boolean): User | undefined {
  return parse(readOrEmpty("/etc/passwd")).find(is) ??
    parse(askDirectories(key)).find(is);
}

function readOrEmpty(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}

function askDirectories(key: string): string {
  try {
    const { stdout } = new Deno.Command("getent", {
      args: ["passwd", "--", key],
      stdin: "null",
    }).outputSync();
    return new TextDecoder().decode(stdout);
  } catch {
    return ""; // no such program
  }
}

function parse(text: string): User[] {
  return text.split("\n").flatMap((line) => {
    const [name, _, uid, gid, _comment, home, shell] = line.split(":");
    if (!name || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? "")) {
      return [];
    }
    return [{
      name,
      uid: Number(uid),
      gid: Number(gid),
      home: home || "/",
      shell: shell || "/bin/sh",
    }];
  });
}

/** Variables that belong to the session of the user who runs zdd. */
const OWN = /^(MAIL|XDG_|SSH_|SUDO_|DBUS_SESSION_BUS_ADDRESS|OLDPWD|PWD$)/;

/** Adapts an environment for a command that runs as another user. */
export function asUser(
  environment: Record<string, string>,
  { name, home, shell }: User,
): Record<string, string> {
  const kept = Object.entries(environment).filter(([key]) => !OWN.test(key));
  return {
    ...Object.fromEntries(kept),
    ...{ HOME: home, USER: name, LOGNAME: name, SHELL: shell },
  };
}
