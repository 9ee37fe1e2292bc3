import type { Kind } from "../kind.ts";
import { findPythonServer, findWebApplication } from "../python.ts";

/** Uvicorn, for ASGI applications in Python. */
export const UVICORN: Kind = {
  isIn: (directory) => findWebApplication(directory)[0]?.kind === "asgi",
  find(directory, given) {
    const { program, application } = findPythonServer(
      "uvicorn",
      "asgi",
      directory,
      given,
    );
    return {
      start:
        `${program} --uds {socket} --forwarded-allow-ips '*' ${application}`,
      location: [
        "# Uvicorn trusts the first address there, which must be nginx's and not " +
        "the client's.",
        "proxy_set_header X-Forwarded-For $remote_addr;",
      ],
    };
  },
};
