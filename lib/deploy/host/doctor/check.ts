import type { Host } from "../../../system/host.ts";
import type { Project } from "../../read.ts";

/** What a check has found. */
export interface Finding {
  /** `ok`; `warning`: it may get in the way; `problem`: a deploy would fail, or not last. */
  level: "ok" | "warning" | "problem";
  message: string;
  /** What to do. */
  hint?: string;
}

/** What the checks look at. */
export interface Patient {
  host: Host;
  /** The user who runs zddeploy. */
  uid: number;
  /** Where the project is, or will be. */
  directory: string;
  /** The nginx program. */
  nginx: string;
  /** Undefined if there is no deploy.conf, or it has mistakes. */
  project?: Project;
}

/** Looks at one thing on which zdd depends. */
export type Check = (patient: Patient) => Finding[] | Promise<Finding[]>;

export function ok(message: string): Finding {
  return { level: "ok", message };
}

export function warning(message: string, hint?: string): Finding {
  return { level: "warning", message, hint };
}

export function problem(message: string, hint?: string): Finding {
  return { level: "problem", message, hint };
}
