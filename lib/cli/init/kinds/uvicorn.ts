import type { Kind } from "../kind.ts";
import { findPythonServer, findWebApplication } from "../python.ts";

/** Uvicorn, for ASGI applications in Python. */
export const UVICORN: Kind = {
  isIn: (directory) => findWebApplication(directory)[0]?.kind === "uvicorn",
  find(directory, given) {
    const { program, application } = findPythonServer(
      "uvicorn",
      directory,
      given,
    );
    // Else it believes nginx's X-Forwarded-* on a port alone.
    const trusting = "--uds {socket} --forwarded-allow-ips '*'";
    return { start: `${program} ${trusting} ${application}` };
  },
};
