import { dirname, join } from "@std/path";
import { readIfExists, writeAtomically } from "../../system/files.ts";
import { textOf } from "./project.ts";

/** What zdd and its nginx write beside deploy.conf, which isn't part of the project. */
const MADE = [
  "/.zdd/",
  "/nginx.conf",
  "/nginx.pid",
  "/nginx-temp/",
  "/access.log",
  "/error.log",
];

/**
 * The lines that a project's .gitignore lacks; none outside a git repository.
 *
 * @param isSystem whether nginx is the system's, and writes elsewhere
 */
export function missingIgnores(directory: string, isSystem: boolean): string[] {
  if (!isInRepository(directory)) return [];
  const there = textOf(directory, ".gitignore").split("\n")
    .map((line) => line.trim().replaceAll("/", ""));
  return (isSystem ? MADE.slice(0, 1) : MADE)
    .filter((line) => !there.includes(line.replaceAll("/", "")));
}

/** Adds lines to a project's .gitignore, and creates it if needed. */
export function addIgnores(directory: string, lines: readonly string[]): void {
  const file = join(directory, ".gitignore");
  const text = readIfExists(file) ?? "";
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  writeAtomically(file, `${text}${end}${lines.join("\n")}\n`);
}

function isInRepository(directory: string): boolean {
  try {
    Deno.lstatSync(join(directory, ".git")); // in a linked work tree, it is a file
    return true;
  } catch {
    const parent = dirname(directory);
    return parent !== directory && isInRepository(parent);
  }
}
