import { join } from "@std/path";
import { isFile } from "../../system/files.ts";
import { usage } from "../usage.ts";
import { entries, textOf } from "./project.ts";

/** A Python web application. */
export interface WebApplication {
  /** Its interface: WSGI (PEP 3333) or ASGI. */
  kind: "wsgi" | "asgi";
  /** `MODULE:NAME`. */
  name: string;
}

/** How WSGI and ASGI applications are defined; the first group is the name. */
const PATTERNS: [kind: WebApplication["kind"], pattern: RegExp][] = [
  ["wsgi", /^(\w+)\s*=\s*(?:\w+\.)?(?:Flask|Bottle)\(/m],
  ["wsgi", /^(\w+)\s*=\s*get_wsgi_application\(/m],
  ["wsgi", /^def (\w+)\(environ, *start_response\)/m],
  // Flask's factories, as its documentation calls them.
  ["wsgi", /^def ((?:create|make)_app)\([^]*?\bFlask\(/m],
  ["asgi", /^(\w+)\s*=\s*(?:\w+\.)?(?:FastAPI|Starlette|Quart|Litestar)\(/m],
  ["asgi", /^(\w+)\s*=\s*get_asgi_application\(/m],
  ["asgi", /^async def (\w+)\(scope, *receive, *send\)/m],
];

/**
 * The web applications in a directory and in the packages below it, the likeliest first.
 */
export function findWebApplication(directory: string): WebApplication[] {
  const modules = [
    ...pythonFiles(directory).map((file) => ({ file, module: file })),
    ...subdirectories(directory).flatMap((name) =>
      pythonFiles(join(directory, name)).map((file) => ({
        file: join(name, file),
        module: `${name}.${file}`,
      }))
    ),
  ];
  const found = modules.flatMap(({ file, module }) => {
    const text = textOf(directory, file);
    return PATTERNS.flatMap(([kind, pattern]) => {
      const name = pattern.exec(text)?.[1];
      if (name === undefined) return [];
      const path = module.replace(/(?:\.__init__)?\.py$/, "");
      const call = name.endsWith("_app") ? `'${path}:${name}()'` : undefined;
      return [{ kind, name: call ?? `${path}:${name}` }];
    });
  });
  // Django projects have one of each; most are written for WSGI.
  return found.toSorted((a, b) => b.kind.localeCompare(a.kind));
}

/** Whether a project depends on a package of PyPI; case is ignored. */
export function needsPython(directory: string, name: string): boolean {
  const lists = ["requirements.txt", "pyproject.toml", "Pipfile", "setup.cfg"];
  const pattern = new RegExp(`^[\\s"']*${name}\\b`, "im");
  const inArray = new RegExp(`[\\["',]\\s*["']${name}\\b`, "i");
  return lists.map((file) => textOf(directory, file))
    .some((text) => pattern.test(text) || inArray.test(text));
}

/**
 * The program that serves a directory's application, from its virtual environment if there
 * is one, and the application's name.
 *
 * @param server the program's name
 * @param given the application's name, if it is known
 * @throws {ZddError} if there is no application.
 */
export function findPythonServer(
  server: string,
  kind: WebApplication["kind"],
  directory: string,
  given?: string,
): { program: string; application: string } {
  const application = given ?? findWebApplication(directory)
    .find((found) => found.kind === kind)?.name;
  if (application === undefined) {
    throw usage(
      `No ${kind.toUpperCase()} application found in "${directory}"`,
      `name it: zddeploy init ${server} -- MODULE:NAME`,
    );
  }
  const program = [".venv", "venv"].map((place) => `${place}/bin/${server}`)
    .find((file) => isFile(join(directory, file))) ?? server;
  return { program, application };
}

function pythonFiles(directory: string): string[] {
  return entries(directory).filter(({ isFile, name }) =>
    isFile && name.endsWith(".py") && !name.startsWith("test")
  ).map(({ name }) => name);
}

function subdirectories(directory: string): string[] {
  return entries(directory).filter(({ isDirectory, name }) =>
    isDirectory && /^[a-z]\w*$/i.test(name) &&
    !["venv", "tests", "node_modules"].includes(name)
  ).map(({ name }) => name);
}
