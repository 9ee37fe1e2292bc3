import { printResult } from "../lib/cli/output.ts";
import { isFile } from "../lib/system/files.ts";
import { findProgram } from "../lib/system/program.ts";

/** A package of Debian and the like, needed for one of its files. */
export interface Package {
  name: string;
  /** A program, or the path of any file. */
  program: string;
  /** What it is needed for, in a few words. */
  purpose: string;
}

export const NGINX: Package = {
  name: "nginx",
  program: "nginx",
  purpose: "what zdd points at the instances",
};
export const WRK: Package = {
  name: "wrk",
  program: "wrk",
  purpose: "makes the load",
};

/** The servers of the samples, and other programs that the tests run. */
export const FOR_TESTS: Package[] = [
  NGINX,
  WRK,
  { name: "procps", program: "ps", purpose: "is run by tests of hooks" },
  { name: "gunicorn", program: "gunicorn", purpose: "runs samples/gunicorn" },
  {
    name: "python3-twisted",
    program: "twistd3",
    purpose: "runs samples/twisted",
  },
  { name: "uvicorn", program: "uvicorn", purpose: "runs samples/uvicorn" },
  { name: "puma", program: "puma", purpose: "runs samples/puma" },
  {
    name: "redis-server",
    program: "redis-server",
    purpose: "has the queue of samples/worker",
  },
  {
    name: "python3-redis",
    program: "/usr/lib/python3/dist-packages/redis/__init__.py",
    purpose: "runs samples/worker",
  },
  {
    name: "busybox",
    program: "busybox",
    purpose: "runs samples/static-binary",
  },
  { name: "php-fpm", program: "php-fpm8.2", purpose: "runs samples/php-fpm" },
  {
    name: "ansible-core",
    program: "ansible-playbook",
    purpose: "runs samples/ansible",
  },
  {
    name: "openssh-server",
    program: "sshd",
    purpose: "makes the hosts for samples/ansible",
  },
  {
    name: "systemd",
    program: "systemd-run",
    purpose: "is pid 1 of the tests' machines",
  },
  {
    name: "dbus",
    program: "dbus-daemon",
    purpose: "is how one talks to systemd",
  },
  {
    name: "libpam-systemd",
    program: "/usr/share/pam-configs/systemd",
    purpose: "makes sessions of logins",
  },
  {
    name: "util-linux",
    program: "unshare",
    purpose: "makes the namespaces of the tests' machines",
  },
  {
    name: "openssh-client",
    program: "ssh-keygen",
    purpose: "is what Ansible connects with",
  },
  {
    name: "python3-setproctitle",
    program: "/usr/lib/python3/dist-packages/setproctitle/__init__.py",
    purpose: "lets a test's server overwrite its environment",
  },
  {
    name: "uwsgi-plugin-python3",
    program: "uwsgi_python3",
    purpose: "is a server that is told a socket, and reloads on SIGTERM",
  },
  { name: "zsh", program: "zsh", purpose: "completes zddeploy's command line" },
  { name: "fish", program: "fish", purpose: "completes it too" },
];

/**
 * The container engines for the tests' machines. Without them, tests are skipped with a
 * message.
 */
export const FOR_CONTAINERS: Package[] = [
  {
    name: "docker.io",
    program: "dockerd",
    purpose: "runs containers in the tests' machines",
  },
  { name: "podman", program: "podman", purpose: "does so, too" },
];

/** A required package can't be installed. The message says what to run. */
export class NotInstalled extends Error {
  override name = "NotInstalled";
}

/**
 * Installs the packages whose program is missing with apt-get, as root or through sudo, and
 * says so. Does and prints nothing if none is missing.
 *
 * @throws {NotInstalled} with the command to run, if that isn't possible.
 */
export async function install(packages: Package[]): Promise<void> {
  const missing = packages.filter(({ program }) => !isInstalled(program));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const reasons = missing.map(({ name, purpose }) => `${name} (${purpose})`);
  if (!isInstalled("apt-get")) {
    throw new NotInstalled(`Missing: ${reasons.join(", ")}: install them`);
  }
  printResult(`Installing with apt-get: ${reasons.join(", ")}`);
  const prefix = asRoot();
  const done = prefix !== undefined &&
    await run([...prefix, ...APT_GET, "update"]) &&
    await run([...prefix, ...APT_GET, "install", ...names]);
  const still = missing.filter(({ program }) => !isInstalled(program));
  if (done && still.length === 0) return;
  const plural = names.length > 1 ? "them" : "it";
  throw new NotInstalled(
    `Cannot install ${plural} from here. As root, run\n\n` +
      `  apt-get update && apt-get install ${names.join(" ")}\n\n` +
      "and try again",
  );
}

const APT_GET = [
  ...["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"],
  ...["--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"],
];

function isInstalled(program: string): boolean {
  return program.startsWith("/")
    ? isFile(program)
    : findProgram(program, ".") !== undefined;
}

/** The words before a command to run it as root; undefined if that isn't possible. */
function asRoot(): string[] | undefined {
  if (Deno.uid() === 0) return [];
  if (!isInstalled("sudo")) return undefined;
  // Without a terminal, the user can't type the password.
  return Deno.stdin.isTerminal() ? ["sudo"] : ["sudo", "--non-interactive"];
}

/** Runs a command. Returns whether it succeeded. If not, shows its output. */
async function run([program = "", ...args]: string[]): Promise<boolean> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "inherit",
  }).output();
  if (!success) {
    for (const bytes of [stdout, stderr]) Deno.stderr.writeSync(bytes);
  }
  return success;
}
