import { findProgram } from "../../../lib/system/program.ts";

/** What a table says of a program that isn't there; undefined if all are. */
export function missingProgram(...programs: string[]): string | undefined {
  const missing = programs.filter((program) =>
    findProgram(program, ".") === undefined
  );
  return missing.length > 0
    ? `not installed: ${missing.join(", ")}`
    : undefined;
}
