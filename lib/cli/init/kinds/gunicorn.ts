import type { Kind } from "../kind.ts";
import { findPythonServer, findWebApplication } from "../python.ts";

/** Gunicorn, for WSGI applications in Python. */
export const GUNICORN: Kind = {
  isIn: (directory) => findWebApplication(directory)[0]?.kind === "wsgi",
  find(directory, given) {
    const { program, application } = findPythonServer(
      "gunicorn",
      "wsgi",
      directory,
      given,
    );
    return { start: `${program} --bind unix:{socket} ${application}` };
  },
};
