import { ZddError } from "../error.ts";
import { messageOf } from "../error.ts";
import { findProgram } from "./program.ts";
import { traceCommand } from "./trace.ts";

/** A program that runs containers. Both have the same commands. */
export type EngineName = "docker" | "podman";

/** What an engine's command printed. */
export interface Answer {
  success: boolean;
  /** Standard output. */
  text: string;
  /** Standard error. */
  words: string;
}

/** A container, as an engine describes it. */
export interface Container {
  /** 64 hexadecimal digits. */
  id: string;
  labels: ReadonlyMap<string, string>;
  /** Whether it runs, or is about to be restarted. */
  running: boolean;
  /** The pid of its first process on this host; 0 if there is none. */
  pid: number;
  /** The exit code of its first process, if that has ended. */
  exitCode: number;
  /** How often the engine has restarted it. */
  restarts: number;
  /** Its IPv4 addresses by network name. */
  addresses: ReadonlyMap<string, string>;
}

/** How long an engine may take to answer, in ms; usually it takes a few dozen. */
const TIMEOUT = 30_000;

/** Whether a text is a container's full id: it can't be an option or a name then. */
export function isContainerId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The program of an engine; undefined if it isn't installed. */
export function programOf(engine: EngineName): string | undefined {
  return findProgram(engine, "/");
}

/**
 * Runs a command of an engine and waits for it. Never throws.
 *
 * @param timeout in ms; `Infinity` for none
 */
export async function askEngine(
  engine: EngineName,
  args: string[],
  { timeout = TIMEOUT, env = {}, signal }: {
    timeout?: number;
    /** Additional environment variables for the command. */
    env?: Record<string, string>;
    /** Ends it early. */
    signal?: AbortSignal;
  } = {},
): Promise<Answer> {
  traceCommand([engine, ...args], "/");
  const ends = [
    ...Number.isFinite(timeout) ? [AbortSignal.timeout(timeout)] : [],
    ...signal ? [signal] : [],
  ];
  try {
    const output = await new Deno.Command(programOf(engine) ?? engine, {
      args,
      cwd: "/",
      env,
      stdin: "null",
      signal: ends.length > 0 ? AbortSignal.any(ends) : undefined,
    }).output();
    return answerOf(output);
  } catch (error) {
    return { success: false, text: "", words: messageOf(error) };
  }
}

/** The same, but synchronously and without a timeout. */
export function askEngineNow(engine: EngineName, args: string[]): Answer {
  traceCommand([engine, ...args], "/");
  try {
    return answerOf(
      new Deno.Command(programOf(engine) ?? engine, {
        args,
        cwd: "/",
        stdin: "null",
      }).outputSync(),
    );
  } catch (error) {
    return { success: false, text: "", words: messageOf(error) };
  }
}

function answerOf(
  { success, stdout, stderr }: Deno.CommandOutput,
): Answer {
  const decoder = new TextDecoder();
  const [text, words] = [decoder.decode(stdout), decoder.decode(stderr)];
  return { success, text, words };
}

/** @throws {ZddError} with the engine's message, if its command failed. */
export function requireSuccess(
  engine: EngineName,
  { success, text, words }: Answer,
  what: string,
): void {
  if (success) return;
  const lines = (words.trim() || text.trim()).split("\n")
    // Docker suggests commands to the user, but zdd ran this one.
    .filter((line) => line !== "" && !/^(Run|See) '/.test(line))
    .map((line) => line.replace(/[0-9a-f]{64}/g, (id) => id.slice(0, 12)));
  throw new ZddError(what, {
    quote: lines.length > 0 ? lines.slice(-10) : ["it printed nothing"],
    source: engine,
  });
}

/**
 * Asks an engine about a container; undefined if it doesn't know it.
 *
 * @throws {ZddError} with the engine's message, if that fails.
 */
export async function inspect(
  engine: EngineName,
  id: string,
): Promise<Container | undefined> {
  if (!isContainerId(id)) return undefined;
  const args = ["inspect", "--type", "container", id];
  const answer = await askEngine(engine, args);
  const isUnknown = /no such (object|container)|no container with/i
    .test(answer.words);
  if (!isUnknown) requireSuccess(engine, answer, `Cannot ask ${engine}`);
  return readContainer(answer);
}

/** The same, but synchronously; also undefined if the engine can't be asked. */
export function inspectNow(
  engine: EngineName,
  id: string,
): Container | undefined {
  if (!isContainerId(id)) return undefined;
  const args = ["inspect", "--type", "container", id];
  return readContainer(askEngineNow(engine, args));
}

/**
 * The ids of all containers with a label, running or not.
 *
 * @throws {ZddError} with the engine's message, if that fails.
 */
export async function containersWith(
  engine: EngineName,
  label: string,
): Promise<string[]> {
  const answer = await askEngine(engine, [
    ...["ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${label}`],
  ]);
  requireSuccess(engine, answer, `Cannot ask ${engine}`);
  return answer.text.split("\n").map((line) => line.trim()).filter(
    isContainerId,
  );
}

function readContainer({ success, text }: Answer): Container | undefined {
  if (!success) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const told = record(Array.isArray(value) ? value[0] : undefined);
  const state = record(told.State);
  const networks = record(record(told.NetworkSettings).Networks);
  const labels = record(record(told.Config).Labels);
  const id = String(told.Id);
  if (!isContainerId(id)) return undefined;
  return {
    id,
    labels: new Map(
      Object.entries(labels).map(([name, text]) => [name, String(text)]),
    ),
    running: state.Running === true || state.Restarting === true,
    pid: number(state.Pid),
    exitCode: number(state.ExitCode),
    restarts: number(told.RestartCount),
    addresses: new Map(
      Object.entries(networks).map((
        [name, network],
      ) => [name, String(record(network).IPAddress ?? "")]),
    ),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : 0;
}
