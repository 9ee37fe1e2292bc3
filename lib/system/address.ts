import { isIPv4, isIPv6 } from "node:net";

/** Where an instance listens: a TCP port of this host, or a unix socket. */
export type Address = {
  host: string;
  port: number;
  /** A process in the network namespace of the address, if that isn't the host's. */
  network?: number;
} | {
  path: string;
  /** Identifies the socket, in case the path is another's by now; see `socketFile`. */
  file?: string;
};

/**
 * Parses one line of a port file: `45643`, `host:port`, `[::1]:8080` or `unix:/path`. The
 * host is `localhost`, `*` or an IP address. Returns undefined for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  const line = text.trim();
  if (line.startsWith("unix:/")) {
    const path = line.slice("unix:".length);
    // For nginx, these characters end an address. No socket's path needs control
    // characters. sun_path holds 108 bytes (unix(7)).
    const usable = !/[\s\p{Cc};{}'"\\$:]/u.test(path) &&
      new TextEncoder().encode(path).length < 108;
    return usable ? { path } : undefined;
  }
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(line);
  if (match === null) return undefined;
  const [, host = "127.0.0.1", digits = ""] = match;
  const port = Number(digits);
  if (!isHost(host) || port < 1 || port > 65535) return undefined;
  return { host, port };
}

/** Names other than `localhost` may resolve to anything by the time nginx looks them up. */
function isHost(host: string): boolean {
  if (host === "localhost" || host === "*" || isIPv4(host)) return true;
  const literal = /^\[([0-9A-Fa-f:.]+)\]$/.exec(host)?.[1];
  return literal !== undefined && isIPv6(literal);
}

/** An address as text, as nginx's `server` takes it: `127.0.0.1:45643` or `unix:/path`. */
export function formatAddress(address: Address): string {
  return "path" in address
    ? `unix:${address.path}`
    : `${connectHost(address.host)}:${address.port}`;
}

/** The host to connect to: loopback for a server that listens on every address. */
export function connectHost(host: string): string {
  if (host === "0.0.0.0" || host === "*") return "127.0.0.1";
  return host === "[::]" ? "[::1]" : host;
}

/** An address of this host as text where a port is expected: the port, or `unix:/path`. */
export function portText(address: Address): string {
  return "path" in address ? `unix:${address.path}` : String(address.port);
}

/** How long connecting to this host may take, in ms: the server's queue may be full. */
const CONNECT_TIMEOUT = 1000;

/**
 * Connects once and closes the connection.
 *
 * @throws {Deno.errors.TimedOut} after a second.
 * @throws what `Deno.connect` throws, such as {@linkcode Deno.errors.ConnectionRefused}.
 */
export async function tryConnect(address: Address): Promise<void> {
  if ("path" in address) {
    const { path } = address;
    return await hangUp(Deno.connect({ transport: "unix", path }));
  }
  const { port } = address;
  const hostname = connectHost(address.host).replace(/^\[(.*)\]$/, "$1");
  if (hostname !== "localhost") {
    return await hangUp(Deno.connect({ hostname, port }));
  }
  // It has two addresses. Deno 2.7 tries only the first.
  try {
    await hangUp(Deno.connect({ hostname: "127.0.0.1", port }));
  } catch {
    await hangUp(Deno.connect({ hostname: "::1", port }));
  }
}

async function hangUp(connecting: Promise<Deno.Conn>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Deno.errors.TimedOut("no connection within a second")),
    CONNECT_TIMEOUT,
  );
  connecting.then((connection) => connection.close(), () => {});
  try {
    await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}
