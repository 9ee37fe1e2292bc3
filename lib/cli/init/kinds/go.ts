import { basename, join } from "@std/path";
import { isFile } from "../../../system/files.ts";
import { usage } from "../../usage.ts";
import type { Kind } from "../kind.ts";
import { elsewhereNote, entries, everybodyNote, textOf } from "../project.ts";

/** A Go program, built before each deploy. */
export const GO: Kind = {
  before: ["node"],
  isIn: (directory) => isFile(join(directory, "go.mod")),
  find(directory, given) {
    const found = packages(directory);
    const [main] = found;
    if (given === undefined && (main === undefined || found.length > 1)) {
      throw usage(
        main === undefined
          ? `No program in Go found in "${directory}"`
          : `"${directory}" has ${found.length} programs: ${found.join(", ")}`,
        "name its package: zddeploy init go -- ./cmd/server",
      );
    }
    const source = given ?? main ?? ".";
    const program = `bin/${programName(directory, source)}`;
    return {
      start: `./${program}`,
      build: `go build -o ${program} ${source}`,
      notes: notes(directory, source),
    };
  },
};

/** The packages with a function main: here, or in `cmd`. */
function packages(directory: string): string[] {
  const commands = entries(join(directory, "cmd"))
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `./cmd/${name}`);
  return [".", "./cmd", ...commands].filter((place) =>
    /^package main\b/m.test(sourceOf(directory, place))
  );
}

/** `server` for `./cmd/server`; the module's name for its root. */
function programName(directory: string, source: string): string {
  if (source !== ".") return basename(source);
  const module = /^module\s+(\S+)/m.exec(textOf(directory, "go.mod"))?.[1];
  return basename((module ?? "").replace(/\/v\d+$/, "")) || "server";
}

function sourceOf(directory: string, place: string): string {
  return entries(join(directory, place))
    .filter(({ name }) => /(?<!_test)\.go$/.test(name))
    .map(({ name }) => textOf(directory, join(place, name)))
    .join("\n");
}

function notes(directory: string, source: string): string[] {
  const text = sourceOf(directory, source).replace(/^\s*\/\/.*/gm, "");
  if (!/ListenAndServe|net\.Listen|\.Run\(|\.Start\(/.test(text)) return [];
  const name = source === "." ? "main.go" : source;
  if (!/\bPORT\b/.test(text)) return [elsewhereNote(name)];
  // ":" + port, or fmt.Sprintf(":%s", port)
  return /["`](?:0\.0\.0\.0)?:(?:["`]\s*\+|%[sdv])/.test(text)
    ? [everybodyNote(name)]
    : [];
}
