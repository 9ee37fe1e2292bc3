import { usage } from "../../usage.ts";
import type { Kind, Server } from "../kind.ts";
import {
  firstFile,
  listenNotes,
  readJson,
  recordOf,
  textOf,
} from "../project.ts";

const FILES = ["server.ts", "main.ts", "mod.ts", "app.ts"];

/** Deno. */
export const DENO: Kind = {
  isIn: (directory) =>
    firstFile(directory, ["deno.json", "deno.jsonc", ...FILES]) !== undefined,
  find: (directory, given) =>
    given === undefined ? find(directory) : { start: `deno ${given}` },
};

function find(directory: string): Server {
  const { tasks } = readJson(directory, "deno.json");
  if (recordOf(tasks).start !== undefined) return { start: "deno task start" };
  const file = firstFile(directory, FILES);
  if (file === undefined) {
    throw usage(
      `No server found in "${directory}": no task "start", no ${FILES[0]}`,
      "name it: zddeploy init deno -- run --allow-net --allow-env src/server.ts",
    );
  }
  const text = textOf(directory, file);
  if (/^export default\b/m.test(text) && !/Deno\.serve\(/.test(text)) {
    return { start: `deno serve --host 127.0.0.1 --port {port} ${file}` };
  }
  return {
    start: `deno run --allow-net --allow-env --allow-read ${file}`,
    notes: listenNotes(directory, file),
  };
}
