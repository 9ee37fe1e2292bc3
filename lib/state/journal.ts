import { messageOf, ZddError } from "../error.ts";
import { newInstanceId } from "../instance/instance.ts";
import type { Instance } from "../instance/instance.ts";
import type { Plan } from "../instance/plan.ts";
import {
  readIfExists,
  removeIfExists,
  writeAtomically,
} from "../system/files.ts";
import { identify, type ProcessId } from "../system/process.ts";
import { readSmallFile } from "../system/safe_open.ts";
import { isInstance, isObject, isOptionalText, isProcessId } from "./state.ts";
import type { StateDir } from "./state_dir.ts";

/**
 * What a deploy has done so far and how to undo it. It exists from before the first
 * process is started until the state is committed; while it exists, undoing is right,
 * for the old instances are alive.
 */
export interface JournalText {
  version: 1;
  id: string;
  startedAt: string;
  /** The zddeploy that wrote it. */
  by?: ProcessId;
  starts: Start[];
  conf?: ConfBefore;
  /** Where live links led that are moved; null where there was none. */
  links?: Record<string, string | null>;
  /** What nginx was, or is about to be, told. */
  nginx?: "started" | "reloaded";
}

/** An instance that is about to be started, or was. */
export interface Start {
  id: string;
  service: string;
  pidFile?: string;
  /** What the pid file held before. */
  pidBefore?: string;
  /** The process of the start command. */
  leader?: ProcessId;
  instance?: Instance;
}

/** The rendered file as it was before. */
export interface ConfBefore {
  path: string;
  /** Undefined if there was none. */
  text?: string;
  /** nginx's workers then, none of which has read the new one. */
  workers: ProcessId[];
}

/** The journal of the deploy that runs. Each change is on the disk before it happens. */
export class Journal {
  constructor(readonly directory: StateDir, readonly text: JournalText) {}

  /** Begins a journal, before anything of these plans is run. */
  static begin(directory: StateDir, plans: Plan[]): Journal {
    const journal = new Journal(directory, {
      version: 1,
      id: newInstanceId("deploy"),
      startedAt: new Date().toISOString(),
      by: identify(Deno.pid),
      starts: plans.map(({ id, service: { name }, pidFile }) => ({
        id,
        service: name,
        pidFile,
        pidBefore: pidFile && readOrNothing(pidFile),
      })),
    });
    journal.write();
    return journal;
  }

  /** The entry of an instance. */
  start(id: string): Start {
    const start = this.text.starts.find((start) => start.id === id);
    if (start === undefined) throw new TypeError(`No start ${id}`);
    return start;
  }

  /**
   * The journal that a deploy left which has died; undefined if there is none.
   *
   * @throws {ZddError} if it can't be understood.
   */
  static read(directory: StateDir): Journal | undefined {
    try {
      const text = readIfExists(directory.journal);
      if (text === undefined) return undefined;
      const value: unknown = JSON.parse(text);
      if (isJournal(value)) return new Journal(directory, value);
      throw new TypeError("not a journal of version 1");
    } catch (error) {
      throw new ZddError(
        error instanceof ZddError
          ? error.message
          : `Cannot read "${directory.journal}": ${messageOf(error)}`,
        { hint: "move it away if no deploy has died; look at `ps` if one has" },
      );
    }
  }

  /** @throws {ZddError} if it can't be written. */
  write(): void {
    const text = JSON.stringify(this.text, undefined, 2) + "\n";
    const { journal } = this.directory;
    writeAtomically(journal, text, { mode: 0o600, exactly: true });
  }

  /** Nothing is left to undo. */
  close(): void {
    removeIfExists(this.directory.journal);
  }
}

/** What a pid file holds; one that is no small file holds nothing worth keeping. */
function readOrNothing(pidFile: string): string | undefined {
  try {
    return readSmallFile(pidFile);
  } catch {
    return undefined;
  }
}

function isJournal(value: unknown): value is JournalText {
  return isObject(value) && value.version === 1 &&
    typeof value.id === "string" && Array.isArray(value.starts) &&
    value.starts.every(isStart) &&
    typeof value.startedAt === "string" &&
    (value.by === undefined || isProcessId(value.by)) &&
    (value.conf === undefined ||
      isObject(value.conf) && typeof value.conf.path === "string" &&
        isOptionalText(value.conf.text) && Array.isArray(value.conf.workers) &&
        value.conf.workers.every(isProcessId)) &&
    (value.nginx === undefined || value.nginx === "started" ||
      value.nginx === "reloaded") &&
    (value.links === undefined ||
      isObject(value.links) &&
        Object.values(value.links).every((target) =>
          target === null || typeof target === "string"
        ));
}

function isStart(value: unknown): boolean {
  return isObject(value) &&
    typeof value.id === "string" && typeof value.service === "string" &&
    isOptionalText(value.pidFile) && isOptionalText(value.pidBefore) &&
    (value.leader === undefined || isProcessId(value.leader)) &&
    (value.instance === undefined || isInstance(value.instance));
}
