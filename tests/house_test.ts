import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, relative } from "@std/path";

// "How the house is laid out" in CONTRIBUTING.md, as a test: which file may import which.

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** The rooms of lib, the top one first: a file imports from its own and from those behind it. */
const ROOMS = [
  "commands",
  "cli",
  "deploy",
  "state",
  "live",
  "watch",
  "nginx",
  "template",
  "instance",
  "config",
  "ini",
  "system",
  "text",
  "error.ts",
];

/** Arrows up that are known, as `FROM -> TO`. */
const KNOWN: string[] = [];

/** Files that are tested, and used by what comes next. */
const UNUSED: string[] = [];

/** What `deno info --json` tells of a program (Deno's documentation of `deno info`). */
interface Info {
  modules: {
    specifier: string;
    dependencies?: {
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
}

/** What each file of the program imports: types and what is loaded later, too. */
function readImports(): Map<string, string[]> {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).outputSync();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as Info;
  const inHouse = (specifier = "") => {
    if (!specifier.startsWith("file:")) return [];
    const file = relative(ROOT, fromFileUrl(specifier));
    return file.startsWith("lib/") ? [file] : [];
  };
  return new Map(
    modules.flatMap(({ specifier, dependencies = [] }) =>
      inHouse(specifier).map((file) => {
        const imported = dependencies.flatMap(({ code, type }) => [
          ...inHouse(code?.specifier),
          ...inHouse(type?.specifier),
        ]);
        return [file, [...new Set(imported)]] as const;
      })
    ),
  );
}

const IMPORTS = readImports();

function roomOf(file: string): number {
  return ROOMS.indexOf(file.split("/")[1] ?? "");
}

function filesBelow(directory: string): string[] {
  return [...Deno.readDirSync(join(ROOT, directory))].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory ? filesBelow(path) : [path];
  });
}

/** The files of a circle of imports, from one back to itself; undefined if there is none. */
function findCircle(
  imports: ReadonlyMap<string, string[]>,
): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return undefined;
    for (const imported of imports.get(file) ?? []) {
      const circle = visit(imported, [...path, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

Deno.test("every file of lib is in a room of the house, and used by the program", () => {
  const files = filesBelow("lib");
  assert(files.length > 100, `${files.length} files`);
  assertEquals(files.filter((file) => roomOf(file) < 0), []);
  const unused = files.filter((file) => !IMPORTS.has(file));
  assertEquals(unused.filter((file) => !UNUSED.includes(file)), []);
});

Deno.test("a file imports only from its own room and from those below", () => {
  const up = [...IMPORTS].flatMap(([file, imports]) =>
    imports.filter((imported) => roomOf(imported) < roomOf(file))
      .map((imported) => `${file} -> ${imported}`)
  );
  assertEquals(up.toSorted(), KNOWN.toSorted());
});

Deno.test("no file imports itself by way of others", () => {
  assertEquals(findCircle(IMPORTS)?.join(" -> "), undefined);
});

Deno.test("CONTRIBUTING.md tells of these rooms, and of files and tasks that exist", () => {
  const text = Deno.readTextFileSync(join(ROOT, "CONTRIBUTING.md"));
  assertEquals(
    [...text.matchAll(/^lib\/(\S+) /gm)].map(([, room]) => room),
    ROOMS,
  );
  const paths = [...text.matchAll(/`((?:lib|tests|tasks|types)\/[\w./-]+)`/g)]
    .map(([, path = ""]) => path).filter((path) => !path.includes("NAME"));
  assert(paths.length > 10);
  for (const path of paths) Deno.statSync(join(ROOT, path));
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  for (const [, task = ""] of text.matchAll(/deno task ([\w-]+)/g)) {
    assert(Object.hasOwn(tasks, task), `deno task ${task}`);
  }
});

Deno.test("findCircle() finds one, wherever it begins", () => {
  const imports = (files: Record<string, string[]>) =>
    new Map(Object.entries(files));
  assertEquals(
    findCircle(imports({ a: ["b"], b: ["c"], c: ["b"] })),
    ["b", "c", "b"],
  );
  assertEquals(findCircle(imports({ a: ["a"] })), ["a", "a"]);
  assertEquals(
    findCircle(imports({ a: ["b", "c"], b: ["c"], c: [] })),
    undefined,
  );
});
