import { join } from "@std/path";
import type { SiteService } from "./project_files.ts";
import { findServer, guessKind, likelyKinds } from "./kinds.ts";
import { entries, firstFile } from "./project.ts";

/** An application in a project. */
export interface Application extends SiteService {
  kind: string;
}

/** Names of the application that people look at, the likeliest first. */
const FRONT = [
  "web",
  "www",
  "frontend",
  "front",
  "site",
  "client",
  "app",
  "ui",
];

/** Kinds that also search subdirectories, which may be packages of one application. */
const PYTHON = ["gunicorn", "uvicorn", "uwsgi", "daphne"];
const PYTHON_PROJECT = [
  ...["manage.py", "requirements.txt", "pyproject.toml", "Pipfile"],
  ...["setup.py", "uwsgi.ini"],
];

/** Directories that don't contain an application of the project. */
const OTHERS =
  /^(?:\.|_)|^(?:node_modules|vendor|venv|env|tests?|docs?|examples?|scripts|bin|build|dist|public|static|target|tmp|log|logs)$/;

/**
 * The applications of a project: the one in its directory or, without one, those in
 * subdirectories such as `web` and `api`. The first gets all requests that aren't for another.
 *
 * @throws {ZddError} if there is none.
 */
export function findApplications(
  directory: string,
): [Application, ...Application[]] {
  const own = likelyKinds(directory);
  const beside = own.every((kind) => PYTHON.includes(kind)) &&
      firstFile(directory, PYTHON_PROJECT) === undefined
    ? sideBySide(directory)
    : [];
  const [first, ...others] = own.length === 0 || beside.length > 1
    ? beside
    : [];
  if (first !== undefined) return [first, ...others];
  const kind = guessKind(directory);
  return [{ name: "web", kind, server: findServer(kind, directory, []) }];
}

function sideBySide(directory: string): Application[] {
  const found = entries(directory).flatMap(({ name, isDirectory }) => {
    const place = join(directory, name);
    const isOne = isDirectory && !OTHERS.test(name) && /^[\w.-]+$/.test(name) &&
      likelyKinds(place).length === 1;
    if (!isOne) return [];
    const kind = guessKind(place);
    const server = findServer(kind, place, []);
    return [{ name, directory: name, kind, server }];
  });
  const rank = ({ name }: Application) =>
    FRONT.includes(name) ? FRONT.indexOf(name) : FRONT.length;
  return found.toSorted((a, b) => rank(a) - rank(b));
}
