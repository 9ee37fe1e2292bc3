import type { Kind, Server } from "../kind.ts";
import { readPackageJson } from "../package_json.ts";
import { entries, firstFile, textOf } from "../project.ts";
import { missingNotes } from "./node.ts";

const STANDALONE = ".next/standalone";
const SERVER = `${STANDALONE}/server.js`;

/** Next.js: the output of `output: "standalone"`, or `next start`. */
export const NEXT: Kind = {
  before: ["node"],
  isIn: (directory) => readPackageJson(directory).needs("next"),
  find: (directory, given) =>
    isStandalone(directory) && given === undefined ? standalone(directory) : {
      start: [
        "node_modules/.bin/next start -H 127.0.0.1 -p {port}",
        ...given === undefined ? [] : [given],
      ].join(" "),
      notes: missingNotes(directory, ".next/BUILD_ID"),
    },
};

/** https://nextjs.org/docs/app/api-reference/config/next-config-js/output */
function standalone(directory: string): Server {
  const isBuilt = firstFile(directory, [SERVER]) !== undefined;
  const lacks = [
    ...entries(`${directory}/${STANDALONE}/.next/static`).length === 0
      ? [`cp -r .next/static ${STANDALONE}/.next/`]
      : [],
    ...entries(`${directory}/public`).length > 0 &&
        entries(`${directory}/${STANDALONE}/public`).length === 0
      ? [`cp -r public ${STANDALONE}/`]
      : [],
  ];
  return {
    start: `node ${SERVER}`,
    // It listens on the address in HOSTNAME.
    env: ["HOSTNAME=127.0.0.1"],
    notes: isBuilt && lacks.length > 0
      ? [`${STANDALONE} lacks files that pages ask for: ${lacks.join("; ")}`]
      : missingNotes(directory, SERVER),
  };
}

function isStandalone(directory: string): boolean {
  return firstFile(directory, [SERVER]) !== undefined ||
    ["js", "mjs", "ts"].some((ending) =>
      /^[^/*]*\boutput\s*:\s*["']standalone["']/m.test(
        textOf(directory, `next.config.${ending}`),
      )
    );
}
