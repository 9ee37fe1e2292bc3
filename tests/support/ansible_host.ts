import { findProgram } from "../../lib/system/program.ts";
import { keygen } from "./ansible_hosts.ts";
import type { Site } from "./site.ts";
import { until } from "./until.ts";
import { freePort } from "./free_port.ts";

/** A host: an sshd of its own, and a directory in which all of it is. */
export interface AnsibleHost {
  name: string;
  directory: string;
  sshPort: number;
  /** Ends its sshd and all that is logged in. */
  hangUp: () => Promise<void>;
  /** Its line in ssh's known_hosts. */
  known: string;
  webPort: number;
  /** Where its nginx answers. */
  url: string;
}

/** Where the ports were handed out that nobody may listen on yet. */
const handedOut = new Set<number>();

/**
 * Starts a host in a site, into which `key` may log in as the user who runs the test. It
 * shares everything but its directory, its sshd and its ports with the other hosts.
 */
export async function startHost(
  site: Site,
  name: string,
): Promise<AnsibleHost> {
  const directory = site.path(name);
  site.write(`${name}/bin/.keep`, "");
  await keygen(site, `${name}/host_key`);
  const sshPort = anotherPort();
  site.write(`${name}/sshd_config`, await configuration(site, name, sshPort));
  // sshd, run by root, wants it, and only a boot makes it.
  if (Deno.uid() === 0) Deno.mkdirSync("/run/sshd", { recursive: true });
  // It starts itself again for each connection, by its whole path.
  const sshd = site.command(
    findProgram("sshd", ".") ?? "sshd",
    ...["-D", "-f", site.path(`${name}/sshd_config`)],
    ...["-E", site.path(`${name}/sshd.log`)],
  ).spawn();
  let ended = false;
  const end = sshd.output().then(() => ended = true);
  await until(`${name}'s sshd`, async () => {
    if (ended) throw new Error(site.read(`${name}/sshd.log`));
    return await accepts(sshPort);
  });
  const webPort = anotherPort();
  return {
    name,
    directory,
    sshPort,
    hangUp: async () => {
      if (ended) return;
      for (const pid of [sshd.pid, ...childrenOf(sshd.pid)]) {
        Deno.kill(pid, "SIGTERM");
      }
      await end;
    },
    known: `[127.0.0.1]:${sshPort} ${site.read(`${name}/host_key.pub`)}`,
    webPort,
    url: `http://127.0.0.1:${webPort}/`,
  };
}

async function configuration(
  site: Site,
  name: string,
  port: number,
): Promise<string> {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${site.path(`${name}/host_key`)}`,
    `AuthorizedKeysFile ${site.path("key.pub")}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no", // the directory is in /tmp
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "MaxStartups 100",
    "Subsystem sftp internal-sftp",
    `SetEnv ${(await environment(site, site.path(name))).join(" ")}`,
    "",
  ].join("\n");
}

/** What whoever logs in needs: programs, and the mark by which the site finds them. */
async function environment(site: Site, home: string): Promise<string[]> {
  const { stdout } = await site.command("printenv", "ZDD_TEST_SITE").output();
  const { DENO_DIR, XDG_CACHE_HOME, HOME, PATH } = Deno.env.toObject();
  return [
    `ZDD_TEST_SITE=${new TextDecoder().decode(stdout).trim()}`,
    `PATH=${PATH}:/usr/sbin`,
    // Not that of the user, whose shell may do what it likes there.
    `HOME=${home}`,
    `DENO_DIR=${DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`}`,
  ];
}

/** The processes of an sshd, one a connection. */
function childrenOf(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  return children.split(" ").map(Number).filter((child) => child > 0);
}

function anotherPort(): number {
  for (;;) {
    const port = freePort();
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    return port;
  }
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
