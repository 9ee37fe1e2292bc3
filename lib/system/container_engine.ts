import { ZddError } from "../error.ts";
import { messageOf } from "../error.ts";
import { findProgram } from "./program.ts";
import { traceCommand } from "./trace.ts";

/** A program that runs containers; both have the same commands. */
export type EngineName = "docker" | "podman";

/** What an engine answers. */
export interface Answer {
  success: boolean;
  text: string;
  /** What it says about that. */
  words: string;
}

/** A container, as far as an engine tells of it. */
export interface Container {
  /** 64 hexadecimal digits. */
  id: string;
  labels: ReadonlyMap<string, string>;
  /** Whether it runs, or is about to be started again. */
  running: boolean;
  /** Of its first process, on this host; 0 if there is none. */
  pid: number;
  /** Of its first process, when that has ended. */
  exitCode: number;
  /** How often the engine has started it again. */
  restarts: number;
  /** Its IPv4 addresses, by the names of its networks. */
  addresses: ReadonlyMap<string, string>;
}

/** How long an engine may take to answer, in ms; it takes some dozen. */
const TIMEOUT = 30_000;

/** Whether a text is the whole id of a container, and so can be no option and no other's name. */
export function isContainerId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The program of an engine; undefined if it isn't installed. */
export function programOf(engine: EngineName): string | undefined {
  return findProgram(engine, "/");
}

/**
 * Runs a command of an engine, and waits for it. Never throws.
 *
 * @param timeout in ms; undefined: none
 */
export async function askEngine(
  engine: EngineName,
  args: string[],
  { timeout = TIMEOUT, env = {}, signal }: {
    timeout?: number;
    /** More variables of the command's own. */
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

/** The same, but nothing else is done meanwhile. */
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

/** @throws {ZddError} with the engine's words, if a command of it has failed. */
export function requireSuccess(
  engine: EngineName,
  { success, text, words }: Answer,
  what: string,
): void {
  if (success) return;
  const lines = (words.trim() || text.trim()).split("\n")
    // It advises commands that zdd ran for the user.
    .filter((line) => line !== "" && !/^(Run|See) '/.test(line))
    .map((line) => line.replace(/[0-9a-f]{64}/g, (id) => id.slice(0, 12)));
  throw new ZddError(what, {
    quote: lines.length > 0 ? lines.slice(-10) : ["it says nothing"],
    source: engine,
  });
}

/**
 * What an engine tells of a container; undefined if it doesn't know it.
 *
 * @throws {ZddError} with its words, if it can't be asked.
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

/** The same, but nothing else is done meanwhile; also undefined if it can't be asked. */
export function inspectNow(
  engine: EngineName,
  id: string,
): Container | undefined {
  if (!isContainerId(id)) return undefined;
  const args = ["inspect", "--type", "container", id];
  return readContainer(askEngineNow(engine, args));
}

/**
 * The ids of all containers, running or not, that have a label.
 *
 * @throws {ZddError} with the engine's words, if it can't be asked.
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
