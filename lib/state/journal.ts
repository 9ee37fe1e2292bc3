import { reasonOf, ZddError } from "../error.ts";
import { type Instance, newInstanceId } from "../instance/instance.ts";
import type { Daemons } from "../instance/launch_processes.ts";
import type { Plan } from "../instance/plan.ts";
import { runnerFor } from "../instance/run/runners.ts";
import {
  readIfExists,
  removeIfExists,
  writeAtomically,
  type WriteOptions,
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
 * What a deploy has done so far and how to undo it. The journal exists from before the first
 * process is started until the state is committed. While it exists, a dead deploy must be
 * undone.
 */
export interface JournalEntries {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The zddeploy process that wrote it. */
  readonly by?: ProcessId;
  readonly starts: readonly Start[];
  /** Instances that have been, or are about to be, told to end before others are started. */
  readonly stops?: readonly Instance[];
  readonly conf?: ConfBefore;
  /** The former targets of moved live links; null for new links. */
  readonly links?: Readonly<Record<string, string | null>>;
  /** What nginx was, or is about to be, made to do. */
  readonly nginx?: "started" | "reloaded";
}

/** An instance that was, or is about to be, started. */
export interface Start {
  readonly id: string;
  readonly service: string;
  readonly log?: string;
  /** Its runner; undefined if zdd itself runs it. */
  readonly runner?: string;
  readonly pidFile?: string;
  /** The former content of the pid file. */
  readonly pidBefore?: string;
  /** The process of the start command. */
  readonly leader?: ProcessId;
  /** Daemons that left it: nothing else may show that they belong to the instance. */
  readonly roots?: ProcessId[];
  /** The uids that they run as. */
  readonly users?: number[];
  readonly instance?: Instance;
}

/** The rendered file before the deploy. */
export interface ConfBefore {
  readonly path: string;
  /** Undefined if there was none. */
  readonly text?: string;
  /** When it was last written, in ms. */
  readonly modified?: number;
  /** nginx's workers at that time, none of which has read the new file. */
  readonly workers: readonly ProcessId[];
}

/** The journal of the running deploy. Each entry is on disk before the change that it is about. */
export class Journal {
  #entries: JournalEntries;

  private constructor(readonly directory: StateDir, entries: JournalEntries) {
    this.#entries = entries;
  }

  /** Begins a journal, before any of these plans is started. */
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
   * The journal of a deploy that has died; undefined if there is none.
   *
   * @throws {ZddError} if it can't be read; with exit status 4, if a later zdd wrote it.
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

  /** What has been recorded and noted. */
  get entries(): JournalEntries {
    return this.#entries;
  }

  /** Records instances that are about to be told to end, so that others can be started. */
  recordStops(instances: readonly Instance[]): void {
    const { stops = [] } = this.#entries;
    this.#record({ stops: [...stops, ...instances] });
  }

  /** Records further instances that are about to be started. */
  recordStarts(plans: readonly Plan[]): void {
    const starts = [...this.#entries.starts, ...plans.map(startOf)];
    this.#record({ starts });
  }

  /** Records the processes of start commands, by the ids of their instances. */
  recordLeaders(leaders: ReadonlyMap<string, ProcessId>): void {
    this.#recordProcesses((start) => {
      const leader = leaders.get(start.id);
      return leader === undefined ? start : { ...start, leader };
    });
  }

  /** Records the daemons of an instance. */
  recordDaemons(id: string, { roots, users }: Daemons): void {
    this.#recordProcesses((start) =>
      start.id === id ? { ...start, roots, users } : start
    );
  }

  /**
   * Notes an instance that has been started. It is on disk with the next entry; until then,
   * its leader identifies it.
   */
  noteInstance(instance: Instance): void {
    const starts = this.#entries.starts.map((start) =>
      start.id === instance.id ? { ...start, instance } : start
    );
    this.#entries = { ...this.#entries, starts };
  }

  /** Records all noted instances. */
  recordInstances(): void {
    this.#write();
  }

  /** Records the targets of live links that are about to be moved. */
  recordLinks(links: JournalEntries["links"]): void {
    this.#record({ links });
  }

  /** Records the rendered file, which is about to be replaced. */
  recordConf(conf: ConfBefore): void {
    this.#record({ conf });
  }

  /** Records what nginx is about to be made to do. */
  recordNginx(nginx: JournalEntries["nginx"]): void {
    this.#record({ nginx });
  }

  /** Removes the journal: nothing is left to undo. */
  close(): void {
    removeIfExists(this.directory.journal);
  }

  #record(entries: Partial<JournalEntries>): void {
    this.#entries = { ...this.#entries, ...entries };
    this.#write();
  }

  /** Records processes. After a power cut, none of them runs. */
  #recordProcesses(change: (start: Start) => Start): void {
    const starts = this.#entries.starts.map(change);
    this.#entries = { ...this.#entries, starts };
    this.#write({ lasting: false });
  }

  /** @throws {ZddError} if it can't be written. */
  #write({ lasting }: Pick<WriteOptions, "lasting"> = {}): void {
    const text = JSON.stringify(versioned(this.#entries), undefined, 2) + "\n";
    const { journal } = this.directory;
    writeAtomically(journal, text, { mode: 0o600, exactly: true, lasting });
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

/** The content of a pid file; undefined if it can't be read or isn't a small file. */
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
