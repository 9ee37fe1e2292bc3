import { join } from "@std/path";
import { isFile, readIfExists } from "../../system/files.ts";
import { usage } from "../usage.ts";

/** A Python web application, and what serves it. */
export interface WebApplication {
  kind: "gunicorn" | "uvicorn";
  /** `MODULE:NAME`. */
  name: string;
}

/** What WSGI (PEP 3333) and ASGI applications look like, by the words that name them. */
const PATTERNS: [kind: WebApplication["kind"], pattern: RegExp][] = [
  ["gunicorn", /^(\w+)\s*=\s*(?:\w+\.)?(?:Flask|Bottle)\(/m],
  ["gunicorn", /^(\w+)\s*=\s*get_wsgi_application\(/m],
  ["gunicorn", /^def (\w+)\(environ, *start_response\)/m],
  ["uvicorn", /^(\w+)\s*=\s*(?:\w+\.)?(?:FastAPI|Starlette|Quart|Litestar)\(/m],
  ["uvicorn", /^(\w+)\s*=\s*get_asgi_application\(/m],
  ["uvicorn", /^async def (\w+)\(scope, *receive, *send\)/m],
];

/**
 * The web applications in a directory and in the packages below it, the first one the
 * likeliest.
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
    const text = readIfExists(join(directory, file)) ?? "";
    return PATTERNS.flatMap(([kind, pattern]) => {
      const name = pattern.exec(text)?.[1];
      if (name === undefined) return [];
      return [{ kind, name: `${module.replace(/\.py$/, "")}:${name}` }];
    });
  });
  // Django has one of each; whoever has an application of one kind has meant that.
  return found.toSorted((a, b) => a.kind.localeCompare(b.kind));
}

/**
 * The program that serves a directory's application, that of its virtual environment if
 * there is one, and the application's name.
 *
 * @param given the name, if it needn't be found
 * @throws {ZddError} if it isn't found.
 */
export function findPythonServer(
  kind: WebApplication["kind"],
  directory: string,
  given?: string,
): { program: string; application: string } {
  const application = given ?? findWebApplication(directory)
    .find((found) => found.kind === kind)?.name;
  if (application === undefined) {
    const what = kind === "gunicorn" ? "WSGI" : "ASGI";
    throw usage(
      `No ${what} application found in "${directory}"`,
      `name it: zddeploy init ${kind} -- MODULE:NAME`,
    );
  }
  const program = [".venv", "venv"].map((place) => `${place}/bin/${kind}`)
    .find((file) => isFile(join(directory, file))) ?? kind;
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

function entries(directory: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)]
      .toSorted((a, b) => a.name.localeCompare(b.name));
  } catch {
    return []; // what may not be read tells nothing
  }
}
