import { usage } from "../../usage.ts";
import type { Kind } from "../kind.ts";

/** Any other server, given by the command that starts it. */
export const COMMAND: Kind = {
  isIn: () => false,
  find(_directory, given) {
    if (given !== undefined) return { start: given };
    throw usage(
      "init command takes the command that starts the server",
      "zddeploy init command -- ./serve --port {port}",
    );
  },
};
