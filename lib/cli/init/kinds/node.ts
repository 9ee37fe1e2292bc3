import { usage } from "../../usage.ts";
import type { Kind, Server } from "../kind.ts";
import { firstFile, listensElsewhere, readJson } from "../project.ts";

const FILES = ["server", "index", "app", "main"].flatMap((name) =>
  ["js", "mjs", "cjs"].map((ending) => `${name}.${ending}`)
);

/** Node.js. */
export const NODE: Kind = {
  isIn: (directory) =>
    firstFile(directory, ["package.json", ...FILES]) !== undefined,
  find: (directory, given) =>
    given === undefined ? find(directory) : { start: `node ${given}` },
};

function find(directory: string): Server {
  const { main, scripts } = readJson(directory, "package.json");
  const script = (scripts as Record<string, unknown> | undefined)?.start;
  // npm between zdd and the server would get its signals.
  const named = typeof script === "string"
    ? /^node +([\w./-]+\.[cm]?js)$/.exec(script.trim())?.[1]
    : typeof main === "string"
    ? main
    : undefined;
  if (typeof script === "string" && named === undefined) {
    return { start: "npm start" };
  }
  const file = firstFile(
    directory,
    named === undefined ? FILES : [named, ...FILES],
  );
  if (file === undefined) {
    throw usage(
      `No server found in "${directory}": no start in package.json, no ` +
        FILES[0],
      "name its file: zddeploy init node -- src/server.js",
    );
  }
  return { start: `node ${file}`, note: listensElsewhere(directory, file) };
}
