import { findProgram } from "../../../lib/system/program.ts";

/** A table's text for a missing program; undefined if all are installed. */
export function missingProgram(...programs: string[]): string | undefined {
  const missing = programs.filter((program) =>
    findProgram(program, ".") === undefined
  );
  return missing.length > 0
    ? `not installed: ${missing.join(", ")}`
    : undefined;
}
