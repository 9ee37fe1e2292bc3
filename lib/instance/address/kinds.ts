import type { PortKind } from "../../config/values.ts";
import { container } from "./container.ts";
import { detect } from "./detect.ts";
import { env } from "./env.ts";
import { file } from "./file.ts";
import { fixed } from "./fixed.ts";
import type { AddressKind } from "./kind.ts";
import { none } from "./none.ts";
import { socket } from "./socket.ts";

/** Every kind of `port`. */
const KINDS: Record<PortKind, AddressKind> = {
  container,
  detect,
  env,
  file,
  fixed,
  none,
  socket,
};

/** The kind of a service's `port`. */
export function addressKind({ port }: { port: PortKind }): AddressKind {
  return KINDS[port];
}
