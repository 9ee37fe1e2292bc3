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

/** The configuration of a master whose title names none, in nginx's packages. */
const USUAL_CONF = "/etc/nginx/nginx.conf";

/** A port of this host in a directive, such as `proxy_pass` or an upstream's `server`. */
const OWN_PORT = /(?:^|\/\/|@)(?:127\.0\.0\.1|localhost):(\d{1,5})(?=$|[/;])/;

/**
 * The ports of this host, as addresses, that running nginxs pass requests to or may pass
 * them to. Counts the nginxs of trusted users, for all projects, including idle slots and
 * stopped services. A server that listens on one of these ports gets another's requests.
 */
export function passedAddresses(): Set<string> {
  // Another user could fake a title, to have zdd read any large file.
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
 * host; none if it can't be parsed.
 */
export function listenedAddresses(text: string): Set<string> {
  let block: Block = [];
  try {
    block = parseConfiguration(text);
  } catch { /* nginx -t reports it better */ }
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
    return []; // owned by another user, or in another mount namespace
  }
}
