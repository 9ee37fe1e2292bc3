/**
 * zddeploy, which dies by SIGKILL at a place that can be named: `ZDD_DIE` is
 * `ACT#N` (before its Nth act of this kind), `ACT#N+MS` (so long behind it), or
 * empty. `ZDD_ACTS` is a file that gets the names of all acts, one a line.
 *
 * An act is what somebody else can see: a file that gets or loses its name, a
 * process that is started or signalled. What lies between two acts changes
 * nothing, so dying before each of them is dying at every step's start and end.
 */
import { basename } from "@std/path";

const die = /^(.+#\d+)(?:\+(\d+))?$/.exec(Deno.env.get("ZDD_DIE") ?? "");
const list = Deno.env.get("ZDD_ACTS");
const counts = new Map<string, number>();
const { kill, renameSync, removeSync, symlinkSync, writeTextFileSync } = Deno;

/** Does something, unless this is where zddeploy dies. */
function act<T>(name: string, perform: () => T): T {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  const label = `${name}#${count}`;
  if (list) writeTextFileSync(list, `${label}\n`, { append: true });
  if (die?.[1] !== label) return perform();
  const delay = die[2];
  if (delay === undefined) leave();
  try {
    return perform();
  } finally {
    if (Number(delay) === 0) leave();
    setTimeout(leave, Number(delay));
  }
}

function leave(): void {
  kill(Deno.pid, "SIGKILL");
}

/** Random parts and numbers, also those of descriptors, are no names. */
function nameOf(path: string | URL): string {
  const isOpen = /^\/proc\/(self|\d+)\/fd\/\d+$/.test(String(path));
  const file = isOpen ? Deno.readLinkSync(path) : String(path);
  return basename(file).replace(/^\d+\.port$/, "PID.port")
    .replace(/^\.(.+)\.[0-9a-f]{8}$/, "temporary $1");
}

Deno.renameSync = (from, to) =>
  act(`write ${nameOf(to)}`, () => renameSync(from, to));
Deno.symlinkSync = (target, path) =>
  act(`link ${nameOf(path)}`, () => symlinkSync(target, path));
Deno.writeTextFileSync = (path, ...rest) =>
  act(`append ${nameOf(path)}`, () => writeTextFileSync(path, ...rest));
Deno.kill = (pid, signal) => act(`signal ${signal}`, () => kill(pid, signal));
Deno.removeSync = (path, options) => {
  try {
    Deno.lstatSync(path);
  } catch {
    return removeSync(path, options);
  }
  act(`remove ${nameOf(path)}`, () => removeSync(path, options));
};

const { Command } = Deno;
class ActingCommand extends Command {
  readonly #name: string;

  constructor(program: string | URL, options: Deno.CommandOptions = {}) {
    super(program, options);
    const { args = [], env = {} } = options;
    this.#name = env.ZDD_INSTANCE !== undefined
      ? "start"
      : env.ZDD_HOOK !== undefined
      ? `hook ${env.ZDD_HOOK}`
      : args.includes("-t")
      ? "nginx -t"
      : args.some((word) => word.includes("nginx"))
      ? "start nginx"
      : "stop";
  }

  override spawn(): Deno.ChildProcess {
    return act(this.#name, () => super.spawn());
  }

  override output(): Promise<Deno.CommandOutput> {
    return act(this.#name, () => super.output());
  }
}
Object.assign(Deno, { Command: ActingCommand });

const { main } = await import("../../lib/cli/main.ts");
const { COMMANDS } = await import("../../lib/commands/commands.ts");
Deno.exit(await main(COMMANDS, Deno.args));
