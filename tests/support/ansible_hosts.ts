import { fromFileUrl, join } from "@std/path";
import { findProgram } from "../../lib/system/program.ts";
import { type AnsibleHost, startHost } from "./ansible_host.ts";
import { type Played, readRecap } from "./ansible_recap.ts";
import { Load } from "./load.ts";
import { Site, ZDD } from "./site.ts";
import type { Outcome } from "./running_command.ts";

export { changes } from "./ansible_recap.ts";
export type { AnsibleHost };

const SAMPLE = fromFileUrl(new URL("../../samples/ansible", import.meta.url));

/**
 * Hosts that the real Ansible deploys samples/ansible to over real SSH. Disposing of them
 * ends all their processes, by pid.
 */
export class AnsibleHosts implements AsyncDisposable {
  readonly #env: Record<string, string>;

  private constructor(
    readonly site: Site,
    readonly hosts: AnsibleHost[],
    env: Record<string, string>,
  ) {
    this.#env = env;
  }

  /**
   * Starts hosts with these names, `host1` and so on.
   *
   * @throws {Error} if a program is missing that this needs.
   */
  static async start(count: number): Promise<AnsibleHosts> {
    for (const program of ["ansible-playbook", "sshd", "ssh-keygen", "node"]) {
      if (findProgram(program, ".") !== undefined) continue;
      throw new Error(
        `${program} is missing: apt-get install --no-install-recommends ` +
          "ansible-core openssh-server openssh-client",
      );
    }
    const site = Site.create({});
    try {
      const hosts: AnsibleHost[] = [];
      await keygen(site, "key");
      for (let i = 1; i <= count; i++) {
        hosts.push(await startHost(site, `host${i}`));
      }
      site.write("known_hosts", hosts.map(({ known }) => known).join(""));
      site.write("inventory.ini", inventory(site, hosts, await whoami(site)));
      site.write("zddeploy", wrapper());
      return new AnsibleHosts(site, hosts, environment(site));
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The directory of samples/ansible. */
  readonly sample = SAMPLE;

  /** The executable on the controller. */
  get executable(): string {
    return this.site.path("zddeploy");
  }

  /** A host by number, from 1. */
  host(number: number): AnsibleHost {
    const host = this.hosts[number - 1];
    if (host === undefined) throw new RangeError(`There is no host ${number}`);
    return host;
  }

  /** Runs a playbook of the sample with these arguments. */
  async play(playbook: string, ...args: string[]): Promise<Played> {
    const outcome = await this.run(
      "ansible-playbook",
      join(SAMPLE, playbook),
      ...args,
    );
    return { ...outcome, recap: readRecap(outcome.stdout) };
  }

  /** Deploys a release, and the executable under test. */
  async deploy(release: number, ...args: string[]): Promise<Played> {
    return await this.play(
      "zddeploy.yml",
      ...["--extra-vars", `zdd_release=${release}`],
      ...["--extra-vars", `zdd_binary=${this.executable}`],
      ...args,
    );
  }

  /** Runs one of Ansible's programs. A task that hangs fails after five minutes. */
  async run(program: string, ...args: string[]): Promise<Outcome> {
    const { code, stdout, stderr } = await this.site.command(
      "env",
      ...Object.entries(this.#env).map(([name, value]) => `${name}=${value}`),
      ...["timeout", "300", program],
      ...["--inventory", this.site.path("inventory.ini"), ...args],
    ).output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  }

  /** The directory of a release that doesn't start on one of the hosts. */
  badApp(host: string): string {
    const good = Deno.readTextFileSync(join(SAMPLE, "app/server.js"));
    const bad = `
if (__dirname.includes("/${host}/")) {
  console.error("there is no database");
  process.exit(1);
}
`;
    this.site.write("bad/server.js", good + bad);
    return this.site.path("bad");
  }

  /** A host's deploy.conf. */
  conf(number: number): string {
    const { directory } = this.host(number);
    return Deno.readTextFileSync(join(directory, "app/deploy.conf"));
  }

  /** The pid that a host's instance answers. */
  async pid(number: number): Promise<number> {
    const response = await fetch(this.host(number).url, {
      headers: { connection: "close" },
    });
    return Number(/pid (\d+)/.exec(await response.text())?.[1]);
  }

  /** The release that each host serves; 0 if it serves none. */
  async releases(): Promise<number[]> {
    return await Promise.all(this.hosts.map(async ({ url }) => {
      try {
        const response = await fetch(url, { headers: { connection: "close" } });
        return Number(/release (\d+)/.exec(await response.text())?.[1]);
      } catch {
        return 0;
      }
    }));
  }

  /**
   * The files of each host with their times and sizes, except nginx's logs and the lock, to
   * see whether any was touched.
   */
  files(): string[] {
    return this.hosts.map(({ directory }) =>
      ["app", "bin"].flatMap((name) => filesIn(join(directory, name)))
        .filter((line) => !/(\.log|\/lock) /.test(line)).toSorted().join("\n")
    );
  }

  /** Starts a load on each host, of clients that keep their connections. */
  async startLoads(): Promise<Load[]> {
    return await Promise.all(this.hosts.map(({ url }) =>
      Load.start({
        url,
        clients: 3,
        pause: 25, // Ansible needs the processors
        methods: ["GET", "POST"],
        timeout: 60_000, // a busy machine isn't a failure
        expect: /^ansible, pid \d+, release \d+\n$/,
        text: /release (\d+)/,
      })
    ));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An sshd overwrites the mark with its title, so the site can't find it.
    for (const { hangUp } of this.hosts) await hangUp();
    await this.site[Symbol.asyncDispose]();
  }
}

/** Creates a key pair, FILE and FILE.pub. */
export async function keygen(site: Site, file: string): Promise<void> {
  const { success, stderr } = await site.command(
    "ssh-keygen",
    ...["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", site.path(file)],
  ).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function inventory(site: Site, hosts: AnsibleHost[], user: string): string {
  const lines = hosts.map(({ name, directory, sshPort, webPort }) =>
    [
      `${name} ansible_host=127.0.0.1 ansible_port=${sshPort}`,
      `zdd_path=${directory}/bin/zddeploy zdd_directory=${directory}/app`,
      `web_port=${webPort}`,
    ].join(" ")
  );
  return [
    "[web]",
    ...lines,
    "[web:vars]",
    `ansible_user=${user}`,
    `ansible_ssh_private_key_file=${site.path("key")}`,
    "ansible_python_interpreter=/usr/bin/python3",
    "",
  ].join("\n");
}

/** A script that runs zddeploy: ZDD_BIN, or its source. */
function wrapper(): string {
  const words = ZDD.map((word) => `'${word}'`).join(" ");
  return `#!/bin/sh\nexec ${words} "$@"\n`;
}

/** Keeps Ansible and ssh away from the files of the user who runs the test. */
function environment(site: Site): Record<string, string> {
  return {
    ANSIBLE_CONFIG: join(SAMPLE, "ansible.cfg"),
    ANSIBLE_HOME: site.path("ansible"),
    ANSIBLE_LOCAL_TEMP: site.path("ansible/tmp"),
    ANSIBLE_SSH_CONTROL_PATH_DIR: site.path("ssh"),
    ANSIBLE_SSH_ARGS: [
      ...["-F", "/dev/null", "-o", "IdentitiesOnly=yes"],
      ...["-o", `UserKnownHostsFile=${site.path("known_hosts")}`],
      ...["-o", "ControlMaster=auto", "-o", "ControlPersist=60s"],
    ].join(" "),
  };
}

function filesIn(directory: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(directory)];
  } catch {
    return []; // the directory doesn't exist yet
  }
  return entries.flatMap(({ name, isDirectory }) => {
    const path = join(directory, name);
    if (isDirectory) return filesIn(path);
    const { mtime, size } = Deno.lstatSync(path);
    return [`${path} ${mtime?.getTime()} ${size}`];
  });
}

async function whoami(site: Site): Promise<string> {
  const { stdout } = await site.command("id", "-un").output();
  return new TextDecoder().decode(stdout).trim();
}
