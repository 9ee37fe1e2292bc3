import { dirname } from "@std/path";
import { formatAddress } from "../system/address.ts";
import { allProcesses, commandLine, userOf } from "../system/process.ts";
import { readRegularFile } from "../system/safe_open.ts";
import { isTrusted } from "../system/trusted.ts";
import {
  allDirectives,
  type Block,
  parseConfiguration,
} from "./configuration.ts";
import { withIncludes } from "./includes.ts";
import { confIn, MASTER_TITLE } from "./master.ts";

/** Where nginx's packages have the configuration of a master whose title names none. */
const USUAL_CONF = "/etc/nginx/nginx.conf";

/** A port of this host in a directive: of `proxy_pass`, of an upstream's `server`. */
const OWN_PORT = /(?:^|\/\/|@)(?:127\.0\.0\.1|localhost):(\d{1,5})(?=$|[/;])/;

/**
 * The ports of this host, as addresses, to which the nginxs that run here pass requests or
 * may pass them: those of root and of the one who runs zdd, for all projects, with idle
 * slots and stopped services. Whoever listens on one of these gets requests of others.
 */
export function passedAddresses(): Set<string> {
  // Another user could have anything read that is long, and called nginx's.
  const confs = allProcesses().filter(({ pid }) => isTrusted(userOf(pid)))
    .map(({ pid }) => commandLine(pid))
    .filter((title) => title.startsWith(MASTER_TITLE))
    .map((title) => confIn(title) ?? USUAL_CONF);
  const words = [...new Set(confs)].flatMap(wordsOf);
  const ports = words.flatMap((word) => OWN_PORT.exec(word)?.[1] ?? []);
  return new Set(
    ports.map((port) =>
      formatAddress({ host: "127.0.0.1", port: Number(port) })
    ),
  );
}

/**
 * The ports on which an nginx with this configuration would listen, as addresses of this
 * host; none, if it couldn't read it, as `nginx -t` tells.
 */
export function listenedAddresses(text: string): Set<string> {
  let block: Block = [];
  try {
    block = parseConfiguration(text);
  } catch { /* nginx has better words for it */ }
  const ports = [...allDirectives(block)]
    .filter(({ name }) => name === "listen")
    .flatMap(({ args: [where = ""] }) =>
      /(?:^|:)(\d+)$/.exec(where)?.[1] ?? []
    );
  return new Set(
    ports.map((port) =>
      formatAddress({ host: "127.0.0.1", port: Number(port) })
    ),
  );
}

function wordsOf(conf: string): string[] {
  try {
    const text = readRegularFile(conf) ?? "";
    const directory = dirname(conf);
    const block = withIncludes(parseConfiguration(text, conf), { directory });
    return [...allDirectives(block)]
      .filter(({ name }) => name === "server" || name.endsWith("_pass"))
      .flatMap(({ args }) => args);
  } catch {
    return []; // another user's, or of another mount namespace
  }
}
