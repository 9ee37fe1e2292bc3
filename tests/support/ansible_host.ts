import { findProgram } from "../../lib/system/program.ts";
import { keygen } from "./ansible_hosts.ts";
import type { Site } from "./site.ts";
import { until } from "./until.ts";
import { freePort } from "./free_port.ts";

/** A host: its own sshd, and a directory with everything in it. */
export interface AnsibleHost {
  name: string;
  directory: string;
  sshPort: number;
  /** Ends its sshd and all sessions. */
  hangUp: () => Promise<void>;
  /** Its line in ssh's known_hosts. */
  known: string;
  webPort: number;
  /** Where its nginx answers. */
  url: string;
}

/** Ports that were handed out. Nothing may listen on them yet. */
const handedOut = new Set<number>();

/**
 * Starts a host in a site. `key` may log in as the user who runs the test. The host shares
 * everything except its directory, its sshd and its ports with the other hosts.
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
  // sshd needs it if root runs it, and only a boot creates it.
  if (Deno.uid() === 0) Deno.mkdirSync("/run/sshd", { recursive: true });
  // sshd starts itself again for each connection, by its absolute path.
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

/** The environment of a login: programs, and the mark by which the site finds its processes. */
async function environment(site: Site, home: string): Promise<string[]> {
  const { stdout } = await site.command("printenv", "ZDD_TEST_SITE").output();
  const { DENO_DIR, XDG_CACHE_HOME, HOME, PATH } = Deno.env.toObject();
  return [
    `ZDD_TEST_SITE=${new TextDecoder().decode(stdout).trim()}`,
    `PATH=${PATH}:/usr/sbin`,
    // Not the user's home, where a shell may do anything.
    `HOME=${home}`,
    `DENO_DIR=${DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`}`,
  ];
}

/** The processes of an sshd, one per connection. */
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
