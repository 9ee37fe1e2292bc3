import type { Kind } from "../kind.ts";
import {
  findPythonServer,
  findWebApplication,
  needsPython,
} from "../python.ts";

/** Daphne, for Django with Channels. */
export const DAPHNE: Kind = {
  before: ["gunicorn", "uvicorn"],
  isIn: (directory) =>
    needsPython(directory, "daphne") &&
    findWebApplication(directory).some(({ kind }) => kind === "asgi"),
  find(directory, given) {
    const { program, application } = findPythonServer(
      "daphne",
      "asgi",
      directory,
      given,
    );
    return {
      start: `${program} -u {socket} --proxy-headers ${application}`,
      location: [
        "# Daphne trusts the first address there, which must be nginx's and not " +
        "the client's.",
        "proxy_set_header X-Forwarded-For $remote_addr;",
      ],
    };
  },
};
