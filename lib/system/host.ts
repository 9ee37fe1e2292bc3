import { readIfExists } from "./files.ts";

/**
 * What the kernel says about the host in /proc and /sys.
 *
 * @example
 * ```ts
 * new Host().setting("net/core/somaxconn"); // 4096
 * ```
 */
export class Host {
  /** @param root the prefix of each path: another tree, in tests */
  constructor(private readonly root = "") {}

  /** The text of a file; undefined if there is none, or it can't be read. */
  read(path: string): string | undefined {
    try {
      return readIfExists(this.root + path);
    } catch {
      return undefined;
    }
  }

  /** A number in /proc/sys (sysctl(8)); undefined if there is none with this name. */
  setting(name: string): number | undefined {
    const text = this.read(`/proc/sys/${name}`)?.trim() ?? "";
    return /^\d+$/.test(text) ? Number(text) : undefined;
  }

  /** The first and last port that the kernel gives to clients (ip(7)); empty if unknown. */
  clientPorts(): string {
    return this.read("/proc/sys/net/ipv4/ip_local_port_range") ?? "";
  }

  /** This process's soft limit, for example of `open files` (proc(5), /proc/PID/limits). */
  limit(name: string): number | undefined {
    const limits = this.read("/proc/self/limits") ?? "";
    const line = limits.split("\n").find((line) =>
      line.startsWith(`Max ${name} `)
    );
    const [soft] = line?.slice(`Max ${name} `.length).trim().split(/\s+/) ?? [];
    if (soft === "unlimited") return Infinity;
    return soft === undefined ? undefined : Number(soft);
  }

  /** Memory still available to programs, and in total, in bytes (proc(5), /proc/meminfo). */
  memory(): { available: number; total: number } | undefined {
    const text = this.read("/proc/meminfo") ?? "";
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1]) * 1024;
    const memory = {
      available: bytes("MemAvailable"),
      total: bytes("MemTotal"),
    };
    return memory.total > 0 ? memory : undefined;
  }

  /** Whether SELinux enforces its policy (selinux(8)). */
  enforcesSelinux(): boolean {
    return this.read("/sys/fs/selinux/enforce")?.trim() === "1";
  }

  /** Whether an SELinux boolean is on; undefined if there is none with this name. */
  selinuxBoolean(name: string): boolean | undefined {
    const text = this.read(`/sys/fs/selinux/booleans/${name}`);
    return text === undefined ? undefined : text.startsWith("1");
  }

  /**
   * The AppArmor profile of a process, such as `/usr/sbin/nginx (enforce)` (apparmor(7));
   * undefined if it has none.
   */
  profileOf(pid: number): string | undefined {
    const text = this.read(`/proc/${pid}/attr/apparmor/current`) ??
      this.read(`/proc/${pid}/attr/current`);
    const profile = text?.replaceAll("\0", "").trim() ?? "";
    return /\((enforce|complain|kill)\)$/.test(profile) ? profile : undefined;
  }

  /** Whether other users' processes are hidden (proc(5), hidepid). */
  hidesProcesses(): boolean {
    return this.read("/proc/1/stat") === undefined;
  }
}
