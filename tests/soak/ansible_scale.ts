/**
 * Rolls releases over many hosts with samples/ansible, and prints how long that took and
 * what it cost the controller: `deno run -A tests/soak/ansible_scale.ts [HOSTS [NAMES]]`,
 * 40 and 400 if not given. Each host is an sshd, an nginx, a directory and its instances,
 * all of them on this machine: they take the processors from each other and from Ansible,
 * so the times are the worst case. More hosts than that are only names of these: they all
 * are asked for their status, each over a connection of its own. The exit status is 1 if
 * a host doesn't serve what it should.
 */
import { printMessage, printResult } from "../../lib/cli/output.ts";
import { formatTable } from "../../lib/cli/table.ts";
import { stopwatch } from "../../lib/deploy/report.ts";
import { AnsibleHosts, changes } from "../support/ansible_hosts.ts";

/** How a release is rolled over the hosts. */
interface Roll {
  release: number;
  /** How many hosts Ansible works on side by side. */
  forks: number;
  /** How many hosts are a batch. */
  serial: number;
}

async function main(count: number, names: number): Promise<boolean> {
  const rolls: Roll[] = [
    { release: 1, forks: 5, serial: count },
    { release: 2, forks: 20, serial: count },
    { release: 3, forks: count, serial: count },
    { release: 4, forks: 20, serial: Math.ceil(count / 4) },
    { release: 4, forks: 20, serial: count }, // nothing to do
  ];
  await using hosts = await AnsibleHosts.start(count);
  const rows = [HEADINGS];
  let good = true;
  for (const roll of rolls) {
    const { cells, ok } = await play(hosts, roll);
    good &&= ok;
    rows.push(cells);
    printMessage(cells.join(", "));
  }
  printResult(formatTable(rows));
  return await ask(hosts, names, count) && good;
}

const HEADINGS = [
  ...["RELEASE", "FORKS", "SERIAL", "SECONDS", "CHANGED"],
  ...["CPU SECONDS OF ANSIBLE", "MB OF ANSIBLE"],
];

/** Asks as many names for their status as a roll over them would have connections. */
async function ask(
  hosts: AnsibleHosts,
  names: number,
  forks: number,
): Promise<boolean> {
  const lines = hosts.site.read("inventory.ini").split("\n");
  const [first, ...others] = lines.filter((line) => line.startsWith("host"));
  const known = [first ?? "", ...others];
  const many = Array.from(
    { length: names },
    (_, i) => known[i % known.length]?.replace(/^host\d+/, `name${i + 1}`),
  );
  const vars = lines.slice(lines.indexOf("[web:vars]"));
  hosts.site.write("many.ini", ["[web]", ...many, ...vars].join("\n"));
  const cost = new Cost();
  const took = stopwatch();
  const { code, stdout, stderr } = await hosts.run(
    "ansible",
    ...["--inventory", hosts.site.path("many.ini"), "web:!host*"],
    ...["--forks", `${forks}`, "--one-line", "--module-name", "command"],
    ...["--args", "chdir={{ zdd_directory }} {{ zdd_path }} status --quiet"],
    // A name isn't a host: none may use the connection of another.
    "--ssh-extra-args=-oControlPath=none",
  );
  const seconds = took() / 1000;
  const mb = cost.stop();
  const answers = stdout.match(/^name\d+ \| CHANGED \| rc=0/gm)?.length ?? 0;
  printResult(
    `${answers} of ${names} names told their status in ${
      seconds.toFixed(1)
    } s, ` +
      `with ${forks} forks, ${cost.cpu.toFixed(1)} s of Ansible's, ${mb} MB`,
  );
  if (code !== 0) printMessage(stdout + stderr);
  return code === 0 && answers === names;
}

async function play(
  hosts: AnsibleHosts,
  { release, forks, serial }: Roll,
): Promise<{ cells: string[]; ok: boolean }> {
  const cost = new Cost();
  const took = stopwatch();
  const played = await hosts.deploy(
    release,
    ...["--forks", `${forks}`, "--extra-vars", `zdd_serial=${serial}`],
  );
  const seconds = took() / 1000;
  const mb = cost.stop();
  const serving = await hosts.releases();
  const ok = played.code === 0 && serving.every((own) => own === release);
  if (!ok) printMessage(played.stdout + played.stderr);
  const changed = changes(played).filter((count) => count > 0).length;
  const cells = [release, forks, serial, seconds.toFixed(1), changed];
  return {
    cells: [...cells, cost.cpu.toFixed(1), mb].map(String),
    ok,
  };
}

/** Watches what all processes of Ansible's use. */
class Cost {
  /** Seconds that Ansible and what it waited for have spent; ssh is part of it. */
  cpu = 0;
  #kib = 0;
  readonly #timer = setInterval(() => this.#look(), 250);

  /** Returns the most memory at a time, in MB; what is shared counts once. */
  stop(): number {
    clearInterval(this.#timer);
    return Math.round(this.#kib / 1024);
  }

  #look(): void {
    let kib = 0;
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const title = read(`/proc/${name}/cmdline`);
      if (!/^\S*python3?\0\S*ansible(-playbook)?\0/.test(title)) continue;
      kib += Number(
        /^Pss:\s+(\d+)/m.exec(read(`/proc/${name}/smaps_rollup`))?.[1] ?? 0,
      );
      this.cpu = Math.max(this.cpu, secondsOf(read(`/proc/${name}/stat`)));
    }
    this.#kib = Math.max(this.#kib, kib);
  }
}

/** utime, stime, cutime and cstime of `/proc/PID/stat` (proc(5)), in seconds. */
function secondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).map(Number);
  return ticks.reduce((sum, own) => sum + own, 0) / 100;
}

function read(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return ""; // it has ended
  }
}

if (import.meta.main) {
  const [count = "40", names = "400"] = Deno.args;
  Deno.exit(await main(Number(count), Number(names)) ? 0 : 1);
}
