import { dirname, join } from "@std/path";
import { templateWarnings } from "../../live/check.ts";
import { messageOf, ZddError } from "../../error.ts";
import { requireRunners } from "../../instance/run/runners.ts";
import { exists, readIfExists } from "../../system/files.ts";
import { IS_LINUX } from "../../system/platform.ts";
import { findProgram } from "../../system/program.ts";
import { isSimple } from "../../system/shell.ts";
import { watchPlaces } from "../../live/watch_lines.ts";
import { idlePortNotes } from "./idle_ports.ts";
import type { Project } from "../read.ts";
import { render, UNUSED } from "../render.ts";
import { presentState } from "./status.ts";

/** What was found without starting anything, beyond the mistakes that `readProject` finds. */
export interface Checked {
  /** Whether nginx has tested the configuration that would be rendered now. */
  nginxTested: boolean;
  /** What may be wrong. */
  warnings: string[];
  /** What isn't wrong, but good to know. */
  notes: string[];
}

/**
 * Lets nginx test the configuration that would be rendered now, and checks that everything
 * that a deploy needs is there.
 *
 * @throws {ZddError} with nginx's message, if it refuses the configuration.
 */
export async function checkProject(project: Project): Promise<Checked> {
  const { nginx, config: { nginx: { rendered, conf } } } = project;
  const warnings: string[] = [];
  // These checks are only useful on the server.
  if (IS_LINUX) {
    warnings.push(
      ...unableRunners(project),
      ...missingPrograms(project),
      ...unwritable(project),
    );
    nginx.requireOwn();
  }
  const rendering = render(project, presentState(project));
  const { text, lines } = rendering;
  warnings.push(
    ...templateWarnings(project.template, rendering),
    ...rendering.unused.map((name) => `[service:${name}] ${UNUSED}`),
  );
  const notes = IS_LINUX ? idlePortNotes(project.config, rendering.live) : [];
  if (!nginx.isInstalled()) {
    notes.push("there is no nginx here, so nginx hasn't tested the template");
    return { nginxTested: false, warnings, notes };
  }
  if (conf === rendered) {
    await nginx.testText(withoutWatchLog(project, text), lines);
  } else if (readIfExists(rendered) === text) {
    await nginx.test(lines);
  } else {
    warnings.push(
      `nginx can test "${rendered}" only in its place, which the next ` +
        `deploy does: "${conf}" includes it`,
    );
    return { nginxTested: false, warnings, notes };
  }
  return { nginxTested: true, warnings, notes };
}

/** Before the first deploy there is no directory for the log of a watch, and `check` creates none. */
function withoutWatchLog({ config }: Project, text: string): string {
  const log = watchPlaces(join(config.stateDir, "live")).log;
  return exists(dirname(log)) ? text : text.replaceAll(log, "/dev/null");
}

/** A warning if a runner or a user of a service can't be used. */
function unableRunners({ config }: Project): string[] {
  try {
    requireRunners(config.services);
    return [];
  } catch (error) {
    const hint = error instanceof ZddError ? error.hint : undefined;
    return [`${messageOf(error)}${hint === undefined ? "" : `: ${hint}`}`];
  }
}

/** Start and stop commands whose program isn't found. */
function missingPrograms({ config: { services } }: Project): string[] {
  return services.flatMap(({ name, start, stop, cwd, env, container }) =>
    // With its own PATH, only its shell finds them; and an image has its own programs.
    env.PATH !== undefined || container !== undefined
      ? []
      : Object.entries({ start, stop })
        .flatMap(([key, command]) => {
          const [program] = /^[^\s"'$\\~*?{]+(?=\s|$)/.exec(command) ?? [];
          if (program === undefined || !isSimple(command)) return [];
          return findProgram(program, cwd) === undefined
            ? [`[service:${name}] ${key}: no program "${program}"`]
            : [];
        })
  );
}

/** Directories that a deploy must write to and this user can't. */
function unwritable({ config: { stateDir, nginx } }: Project): string[] {
  return [stateDir, dirname(nginx.rendered)].flatMap((directory) => {
    const there = nearestDirectory(directory);
    return mayWrite(there) ? [] : [`cannot write to "${there}"`];
  });
}

/** The directory itself or, if it doesn't exist, the one that it will be created in. */
function nearestDirectory(directory: string): string {
  try {
    Deno.statSync(directory);
    return directory;
  } catch {
    const parent = dirname(directory);
    return parent === directory ? directory : nearestDirectory(parent);
  }
}

/** Judges by mode and owner, since trying would leave a trace. Ignores access lists and read-only mounts. */
function mayWrite(directory: string): boolean {
  const { mode, uid, gid } = Deno.statSync(directory);
  if (Deno.uid() === 0 || mode === null) return true;
  if (uid === Deno.uid()) return (mode & 0o200) !== 0;
  if (gid === Deno.gid() && (mode & 0o020) !== 0) return true;
  // The directory may belong to another group of this user.
  return (mode & 0o022) !== 0;
}
