import type { Host } from "../../../system/host.ts";
import type { Project } from "../../read.ts";

/** A finding of a check. */
export interface Finding {
  /** `warning`: may cause trouble; `problem`: a deploy would fail, or what it starts would end. */
  level: "ok" | "warning" | "problem";
  message: string;
  /** What to do. */
  hint?: string;
}

/** The input of the checks. */
export interface Patient {
  host: Host;
  /** The user who runs zddeploy. */
  uid: number;
  /** The directory where the project is, or will be. */
  directory: string;
  /** The nginx program. */
  nginx: string;
  /** Undefined if there is no deploy.conf, or it has mistakes. */
  project?: Project;
}

/** Checks one thing that zdd depends on. */
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
