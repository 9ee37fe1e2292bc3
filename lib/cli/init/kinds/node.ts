import { join } from "@std/path";
import { isFile } from "../../../system/files.ts";
import { usage } from "../../usage.ts";
import type { Kind, Server } from "../kind.ts";
import { type PackageJson, readPackageJson } from "../package_json.ts";
import { firstFile, listenNotes } from "../project.ts";

const FILES = ["server", "index", "app", "main"].flatMap((name) =>
  ["js", "mjs", "cjs"].map((ending) => `${name}.${ending}`)
);

/** The output of frameworks, by the package that builds it. */
const BUILDS: { package: string; file: string; env: string[] }[] = [
  // https://nitro.build/deploy/runtimes/node
  {
    package: "nuxt",
    file: ".output/server/index.mjs",
    env: ["HOST=127.0.0.1"],
  },
  {
    package: "nitropack",
    file: ".output/server/index.mjs",
    env: ["HOST=127.0.0.1"],
  },
  // https://svelte.dev/docs/kit/adapter-node: without the headers, forms are refused.
  {
    package: "@sveltejs/adapter-node",
    file: "build/index.js",
    env: [
      "HOST=127.0.0.1",
      "PROTOCOL_HEADER=x-forwarded-proto",
      "HOST_HEADER=x-forwarded-host",
    ],
  },
];

/** Servers for development, which watch files and answer slowly. */
const DEVELOPMENT =
  /\b(?:nodemon|ts-node-dev|tsx watch|react-scripts start|ng serve|webpack serve|nest start|vite(?! preview)|(?:next|nuxt|nuxi|astro) dev)\b|--watch\b/;

/** Node.js. */
export const NODE: Kind = {
  isIn(directory) {
    // A package.json may be only for assets or tools.
    const json = readPackageJson(directory);
    return json.scripts.start !== undefined ||
      json.scripts["start:prod"] !== undefined ||
      byBuild(directory, json) !== undefined ||
      firstFile(directory, [
          ...json.main === undefined ? [] : [json.main],
          ...FILES,
        ]) !== undefined;
  },
  find: (directory, given) =>
    given === undefined ? find(directory) : { start: `node ${given}` },
};

function find(directory: string): Server {
  const json = readPackageJson(directory);
  return byScript(directory, json, "start:prod") ??
    byPlainScript(directory, json.scripts.start) ??
    byBuild(directory, json) ??
    byScript(directory, json, "start") ??
    byFile(directory, json);
}

function byScript(
  directory: string,
  { scripts }: PackageJson,
  name: string,
): Server | undefined {
  const script = scripts[name];
  if (script === undefined) return undefined;
  const start = name === "start" ? "npm start" : `npm run ${name}`;
  return byPlainScript(directory, script) ?? {
    start,
    notes: DEVELOPMENT.test(script)
      ? [`${start} is a development server: ${script}`]
      : [],
  };
}

/** Runs the file of a script directly, if it does no more: npm in between would get the signals. */
function byPlainScript(
  directory: string,
  script: string | undefined,
): Server | undefined {
  const start = script?.replace(/^cross-env +/, "") ?? "";
  if (DEVELOPMENT.test(start)) return undefined;
  const file = /^(?:\w+=[\w./-]+ +)*node +(?:--[\w=./-]+ +)*([\w./-]+)$/
    .exec(start)?.[1];
  return file === undefined
    ? undefined
    : { start, ...notesOf(directory, file) };
}

function byBuild(directory: string, json: PackageJson): Server | undefined {
  const build = BUILDS.find(({ package: name }) => json.needs(name)) ??
    BUILDS.find(({ file }) => isFile(join(directory, file)));
  if (build === undefined) return undefined;
  const { file, env } = build;
  return { start: `node ${file}`, env, notes: missingNotes(directory, file) };
}

function byFile(directory: string, { main }: PackageJson): Server {
  const file = firstFile(
    directory,
    main === undefined ? FILES : [main, ...FILES],
  );
  if (file === undefined) {
    throw usage(
      `No server found in "${directory}": no start in package.json, no ` +
        FILES[0],
      "name its file: zddeploy init node -- src/server.js",
    );
  }
  return { start: `node ${file}`, ...notesOf(directory, file) };
}

function notesOf(directory: string, file: string): Pick<Server, "notes"> {
  // Node also finds `dist/main.js` as `dist/main`.
  const found = firstFile(directory, [
    file,
    `${file}.js`,
    join(file, "index.js"),
  ]);
  return {
    notes: found === undefined
      ? missingNotes(directory, file)
      : listenNotes(directory, found),
  };
}

/** A note if a file must be built before it can be started. */
export function missingNotes(directory: string, file: string): string[] {
  return isFile(join(directory, file)) ? [] : [
    `${file} doesn't exist yet: build it first, for example with npm run build`,
  ];
}
