import { reasonOf, ZddError } from "../error.ts";
import { type Instance, newInstanceId } from "../instance/instance.ts";
import type { Daemons } from "../instance/launch_processes.ts";
import type { Plan } from "../instance/plan.ts";
import { runnerFor } from "../instance/run/runners.ts";
import {
  readIfExists,
  removeIfExists,
  writeAtomically,
} from "../system/files.ts";
import { identify, type ProcessId } from "../system/process.ts";
import { readSmallFile } from "../system/safe_open.ts";
import {
  isInstance,
  isObject,
  isOptionalList,
  isOptionalText,
  isProcessId,
} from "./shapes.ts";
import type { StateDir } from "./state_dir.ts";
import { LaterVersion, unversioned, versioned } from "./versions.ts";

/**
 * What a deploy has done so far and how to undo it. It exists from before the first
 * process is started until the state is committed; while it exists, undoing is right,
 * for the old instances are alive.
 */
export interface JournalEntries {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The zddeploy that wrote it. */
  readonly by?: ProcessId;
  readonly starts: readonly Start[];
  /** Those that have been told to end, or are about to be, before others are started. */
  readonly stops?: readonly Instance[];
  readonly conf?: ConfBefore;
  /** Where live links led that are moved; null where there was none. */
  readonly links?: Readonly<Record<string, string | null>>;
  /** What nginx was, or is about to be, told. */
  readonly nginx?: "started" | "reloaded";
}

/** An instance that is about to be started, or was. */
export interface Start {
  readonly id: string;
  readonly service: string;
  readonly log?: string;
  /** What runs it; zdd itself if undefined. */
  readonly runner?: string;
  readonly pidFile?: string;
  /** What the pid file held before. */
  readonly pidBefore?: string;
  /** The process of the start command. */
  readonly leader?: ProcessId;
  /** What goes on without it: daemons, of which nothing else may tell whose they are. */
  readonly roots?: ProcessId[];
  /** As whom they run. */
  readonly users?: number[];
  readonly instance?: Instance;
}

/** The rendered file as it was before. */
export interface ConfBefore {
  readonly path: string;
  /** Undefined if there was none. */
  readonly text?: string;
  /** When it was last written, in ms. */
  readonly modified?: number;
  /** nginx's workers then, none of which has read the new one. */
  readonly workers: readonly ProcessId[];
}

/** The journal of the deploy that runs. Each entry is on the disk before what it tells of happens. */
export class Journal {
  #entries: JournalEntries;

  private constructor(readonly directory: StateDir, entries: JournalEntries) {
    this.#entries = entries;
  }

  /** Begins a journal, before anything of these plans is run. */
  static begin(directory: StateDir, plans: readonly Plan[]): Journal {
    const journal = new Journal(directory, {
      id: newInstanceId("deploy"),
      startedAt: new Date().toISOString(),
      by: identify(Deno.pid),
      starts: plans.map(startOf),
    });
    journal.#write();
    return journal;
  }

  /**
   * The journal that a deploy left which has died; undefined if there is none.
   *
   * @throws {ZddError} if it can't be understood; with exit status 4, if a later zdd wrote it.
   */
  static read(directory: StateDir): Journal | undefined {
    let content: unknown;
    try {
      const text = readIfExists(directory.journal);
      if (text === undefined) return undefined;
      content = unversioned(JSON.parse(text), directory.journal);
      if (!isJournal(content)) {
        throw new TypeError("not a journal that zdd has written");
      }
    } catch (error) {
      if (error instanceof LaterVersion) throw error;
      throw new ZddError(
        error instanceof ZddError
          ? error.message
          : `Cannot read "${directory.journal}": ${reasonOf(error)}`,
        { hint: hintOf(error) ?? MOVE_AWAY },
      );
    }
    return new Journal(directory, content);
  }

  /** What has been written down. */
  get entries(): JournalEntries {
    return this.#entries;
  }

  /** Instances that are about to be told to end, so that others can be started. */
  recordStops(instances: readonly Instance[]): void {
    const { stops = [] } = this.#entries;
    this.#record({ stops: [...stops, ...instances] });
  }

  /** More that is about to be started. */
  recordStarts(plans: readonly Plan[]): void {
    const starts = [...this.#entries.starts, ...plans.map(startOf)];
    this.#record({ starts });
  }

  /** The processes of start commands, by the ids of their instances. */
  recordLeaders(leaders: ReadonlyMap<string, ProcessId>): void {
    this.#record({
      starts: this.#entries.starts.map((start) => {
        const leader = leaders.get(start.id);
        return leader === undefined ? start : { ...start, leader };
      }),
    });
  }

  /** What has left the start command of an instance, and as whom it runs. */
  recordDaemons(id: string, { roots, users }: Daemons): void {
    this.#record({
      starts: this.#entries.starts.map((start) =>
        start.id === id ? { ...start, roots, users } : start
      ),
    });
  }

  /** An instance that one of those became. It is on the disk with the next entry; until then its leader leads to it. */
  noteInstance(instance: Instance): void {
    const starts = this.#entries.starts.map((start) =>
      start.id === instance.id ? { ...start, instance } : start
    );
    this.#entries = { ...this.#entries, starts };
  }

  /** All that was noted. */
  recordInstances(): void {
    this.#write();
  }

  /** Where live links lead that are about to be moved. */
  recordLinks(links: JournalEntries["links"]): void {
    this.#record({ links });
  }

  /** The rendered file, which is about to be replaced. */
  recordConf(conf: ConfBefore): void {
    this.#record({ conf });
  }

  /** What nginx is about to be told. */
  recordNginx(nginx: JournalEntries["nginx"]): void {
    this.#record({ nginx });
  }

  /** Nothing is left to undo. */
  close(): void {
    removeIfExists(this.directory.journal);
  }

  #record(entries: Partial<JournalEntries>): void {
    this.#entries = { ...this.#entries, ...entries };
    this.#write();
  }

  /** @throws {ZddError} if it can't be written. */
  #write(): void {
    const text = JSON.stringify(versioned(this.#entries), undefined, 2) + "\n";
    const { journal } = this.directory;
    writeAtomically(journal, text, { mode: 0o600, exactly: true });
  }
}

function startOf({ id, service, pidFile, log }: Plan): Start {
  return {
    id,
    service: service.name,
    log,
    runner: runnerFor(service).name,
    pidFile,
    pidBefore: pidFile && readOrNothing(pidFile),
  };
}

const MOVE_AWAY = "move it away if no deploy has died; look at `ps` if one has";

function hintOf(error: unknown): string | undefined {
  return error instanceof ZddError ? error.hint : undefined;
}

/** What a pid file holds; one that is no small file holds nothing worth keeping. */
function readOrNothing(pidFile: string): string | undefined {
  try {
    return readSmallFile(pidFile);
  } catch {
    return undefined;
  }
}

function isJournal(value: unknown): value is JournalEntries {
  return isObject(value) &&
    typeof value.id === "string" && Array.isArray(value.starts) &&
    value.starts.every(isStart) &&
    isOptionalList(value.stops, isInstance) &&
    typeof value.startedAt === "string" &&
    (value.by === undefined || isProcessId(value.by)) &&
    (value.conf === undefined ||
      isObject(value.conf) && typeof value.conf.path === "string" &&
        isOptionalText(value.conf.text) &&
        (value.conf.modified === undefined ||
          Number.isFinite(value.conf.modified)) &&
        Array.isArray(value.conf.workers) &&
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
    isOptionalText(value.runner) && isOptionalText(value.log) &&
    isOptionalText(value.pidFile) &&
    isOptionalText(value.pidBefore) &&
    (value.leader === undefined || isProcessId(value.leader)) &&
    isOptionalList(value.roots, isProcessId) &&
    isOptionalList(value.users, (user) => Number.isInteger(user)) &&
    (value.instance === undefined || isInstance(value.instance));
}
