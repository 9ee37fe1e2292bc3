import { findProgram } from "../../lib/system/program.ts";

/** The machine that something was measured on. */
export interface Machine {
  processor: string;
  processors: number;
  memory: string;
  kernel: string;
  /** The load averages of the last 1, 5 and 15 minutes. */
  load: string;
  /** The versions that the programs report. */
  versions: Record<string, string>;
}

/** The arguments that make the programs print their version. */
const VERSIONS: Record<string, string[]> = {
  nginx: ["-v"],
  wrk: ["-v"],
  node: ["--version"],
  gunicorn: ["--version"],
  haproxy: ["-v"],
  caddy: ["version"],
  start_server: ["--version"],
};

/** Describes this machine, as it is now. */
export function describeMachine(): Machine {
  const processors = read("/proc/cpuinfo");
  const name = /^model name\s*:\s*(.+)$/m.exec(processors)?.[1];
  const kibibytes = /^MemTotal:\s+(\d+)/m.exec(read("/proc/meminfo"))?.[1];
  const versions = Object.entries(VERSIONS).flatMap(([program, args]) => {
    const version = versionOf(program, args);
    return version === undefined ? [] : [[program, version]];
  });
  return {
    processor: name ?? Deno.build.arch,
    processors: navigator.hardwareConcurrency,
    memory: `${Math.round(Number(kibibytes) / 2 ** 20)} GB`,
    kernel: `Linux ${Deno.osRelease()}`,
    load: loadNow(),
    versions: { ...Object.fromEntries(versions), deno: Deno.version.deno },
  };
}

/** The load averages, such as `0.31 0.42 0.40`. */
export function loadNow(): string {
  return Deno.loadavg().map((load) => load.toFixed(2)).join(" ");
}

/** A machine in one sentence. */
export function formatMachine(machine: Machine): string {
  const { processor, processors, memory, kernel, load, versions } = machine;
  const programs = Object.entries(versions)
    .map(([program, version]) => `${program} ${version}`);
  return `${processors} × ${processor}, ${memory}, ${kernel}; ` +
    `${programs.join(", ")}; load average at the start ${load}.`;
}

function versionOf(program: string, args: string[]): string | undefined {
  if (findProgram(program, ".") === undefined) return undefined;
  const { stdout, stderr } = new Deno.Command(program, { args, stdin: "null" })
    .outputSync();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  return /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? "?";
}

function read(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
