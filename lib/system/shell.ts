import { messageOf, reasonOf, ZddError } from "../error.ts";
import { keepDescriptors } from "./inherited.ts";
import { type Inherit, inheritedEnvironment } from "./environment.ts";
import { letEscape, mustEscape, WAIT_FOR_ESCAPE } from "./escape.ts";
import type { KillSignal } from "./service_manager.ts";
import { openLog } from "./safe_open.ts";
import { traceCommand } from "./trace.ts";
import { asUser, type User } from "./users.ts";

export interface ShellOptions {
  cwd: string;
  /** The file to append the command's output to. */
  log: string;
  env?: Record<string, string>;
  /** Which variables of zddeploy's environment it inherits; `yes` by default. */
  inherit?: Inherit;
  /** The user to run it as, if not the user who runs zdd; only root can choose. */
  user?: User;
  /** The scope to run it in if needed, for a command that must outlive zdd's unit. */
  scope?: ShellScope;
}

/** A scope for a command. */
export interface ShellScope {
  /** Without `.scope`. */
  name: string;
  /** The signal it gets when the machine shuts down; SIGTERM if undefined. */
  killSignal?: KillSignal;
}

/** The pids of processes that were started here and haven't ended. */
const children = new Set<number>();

/** Whether zdd itself started a process, as a child in its own session. */
export function isOwnChild(pid: number): boolean {
  return children.has(pid);
}

/** A command that outlives zdd. */
export interface Detached {
  pid: number;
  /** The exit status; 128 + the signal's number after a signal. */
  exited: Promise<number>;
}

/**
 * Starts a shell command, or a program with its arguments, in its own session: it outlives
 * zdd, and keeps neither zdd's terminal nor its pipes open. The program of a simple command
 * replaces the shell, so that `ps` shows it and the pid is its own. If zdd ends before the
 * shell has opened the log, nothing runs.
 *
 * @throws {ZddError} if the log can't be written or the directory is gone.
 */
export function startDetached(
  command: string | string[],
  options: ShellOptions,
): Detached {
  const { cwd, log, env, inherit = "yes", scope, user } = options;
  const escapes = scope !== undefined && mustEscape();
  let output;
  try {
    output = openLog(log);
  } catch (error) {
    throw new ZddError(`Cannot write the log "${log}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const script = typeof command !== "string" ? 'exec "$@"' : withExec(command);
  const other = user === undefined || user.uid === Deno.uid()
    ? undefined
    : user;
  const inherited = inheritedEnvironment(inherit);
  keepDescriptors();
  traceCommand(command, cwd);
  let child;
  try {
    child = new Deno.Command("/bin/sh", {
      // Descriptors that zdd got from its own parent are closed as well.
      args: [
        "-c",
        'exec >>"$1" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; shift\n' +
        (escapes ? `${WAIT_FOR_ESCAPE}\n` : "") +
        (other === undefined ? script : 'exec "$@"'),
        "sh",
        output.path,
        ...(other === undefined ? [] : asUserCommand(other, script)),
        ...(typeof command === "string" ? [] : command),
      ],
      cwd,
      clearEnv: true,
      env: { ...other ? asUser(inherited, other) : inherited, ...env },
      detached: true,
      stdin: escapes ? "piped" : "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  } catch (error) {
    output.close();
    throw new ZddError(
      `Cannot run "${command}" in "${cwd}": ${messageOf(error)}`,
      { cause: error },
    );
  }
  children.add(child.pid);
  child.unref();
  if (escapes) letEscape(child, scope);
  const exited = child.status.then(({ code }) => code, () => UNKNOWN)
    .finally(() => {
      children.delete(child.pid);
      output.close();
    });
  return { pid: child.pid, exited };
}

/** The exit status reported if another process has waited for the command (wait(2), ECHILD). */
const UNKNOWN = 255;

/** Changes the user and keeps the pid (setpriv(1), from util-linux). */
export const SETPRIV = "setpriv";

/** The command that runs a shell script as a user, in its groups. */
function asUserCommand({ uid, gid }: User, script: string): string[] {
  return [
    ...[SETPRIV, `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"],
    ...["/bin/sh", "-c", script, "sh"],
  ];
}

/** Whether a command is a program with arguments: no operators, no assignment, no builtin. */
export function isSimple(command: string): boolean {
  if (/[|&;<>()`\n]/.test(withoutQuotes(command))) return false;
  const first = /^\s*(\S+)/.exec(command)?.[1] ?? "";
  return !/^\w+=/.test(first) && !SHELL_WORDS.has(first);
}

/** Makes the program of a simple command replace the shell, after variable assignments. */
export function withExec(command: string): string {
  const [, assignments = "", program = ""] = ASSIGNMENTS.exec(command) ?? [];
  const isPlain = !/[|&;<>()`\n]/.test(withoutQuotes(assignments));
  return isPlain && isSimple(program)
    ? `${assignments}exec ${program}`
    : command;
}

/** `A=1 B="x y" ./server`: the assignments, and the rest. */
const ASSIGNMENTS =
  /^(\s*(?:[A-Za-z_]\w*=(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\])*\s+)*)(.*)$/s;

/** The shell's own keywords and builtins (POSIX, Shell Command Language). */
const SHELL_WORDS = new Set(
  (". : ! { break case cd command continue eval exec exit export for if kill return " +
    "set shift times trap ulimit umask unset until wait while").split(" "),
);

/** The text outside quotes, where operators can be. */
function withoutQuotes(command: string): string {
  return command.replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/gs, "");
}
