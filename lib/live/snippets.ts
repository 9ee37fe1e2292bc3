import { join } from "@std/path";
import type { Slots } from "../instance/slots.ts";
import { linkKey, upstreamOf, variableOf } from "./identifiers.ts";
import { bucketLines, shareLines } from "./shares.ts";

/** What nginx must know of a live service. */
export interface LiveService {
  name: string;
  /** The addresses of both slots; undefined if the service chooses its own. */
  slots?: Slots;
}

export interface PassOptions {
  /**
   * What a canary's clients are told apart by: an nginx variable or a text with some,
   * such as `$remote_addr` or `$cookie_session`. By default each request is on its own.
   */
  by?: string;
  /** What the service speaks; HTTP unless told. */
  protocol?: Protocol;
}

/** Those of nginx's modules that pass requests on and have a `NAME_pass`. */
const PROTOCOLS = ["http", "fastcgi", "uwsgi", "scgi"] as const;
type Protocol = typeof PROTOCOLS[number];

/** A `split_clients`: what it splits by, and the variable that tells the part. */
interface Split {
  by: string;
  variable: string;
  lines: string[];
}

const SHARES = { prefix: "$zdd_share", lines: shareLines() };
const BUCKETS = { prefix: "$zdd_bucket", lines: bucketLines() };

/** Each request of each connection on its own: cheaper than `$request_id`, and as even. */
const EACH_REQUEST = "$connection.$connection_requests";

/**
 * The functions that a template calls for the live switch, as `it.live`. What they
 * print is stock nginx; replacing one symbolic link moves all requests at one instant.
 *
 * A service whose addresses zdd hands out has two upstreams with connection pools,
 * and nginx asks for each request whether a file exists behind the link: if so, slot b
 * serves it. For one that chooses its own address, the link leads into a directory whose
 * name is that address.
 */
export class LiveSnippets {
  readonly #splits: Split[] = [];
  readonly #used = new Map<string, LiveService>();
  #hasUpstreams = false;
  /** What `upstreams` prints. */
  readonly #printed: ReadonlyMap<string, LiveService>;

  /**
   * @param stateDir where the links are
   * @param services all services of deploy.conf
   * @param known what an earlier rendering has found out, for `upstreams` stands above `pass`
   * @param nginxAtLeast whether nginx is of a version or later
   */
  constructor(
    readonly stateDir: string,
    readonly services: ReadonlyMap<string, LiveService>,
    known: LiveSnippets | undefined,
    readonly nginxAtLeast: (version: string) => boolean,
  ) {
    if (known !== undefined) this.#splits.push(...known.#splits);
    this.#printed = known === undefined ? new Map() : known.#used;
  }

  /** The names of the services that the template switches live. */
  get used(): string[] {
    return [...this.#used.keys()];
  }

  /** Whether the template has `upstreams` as well as `pass`, or neither. */
  get isComplete(): boolean {
    return this.#used.size === 0 || this.#hasUpstreams;
  }

  /** At http level: all that `pass` refers to. */
  upstreams = (): string => {
    this.#hasUpstreams = true;
    const services = [...this.#printed.values()];
    const blocks = [
      ...[...new Set(services.map(hasPool))].map(connectionMap),
      ...this.#splits.map(({ by, variable, lines }) => [
        `split_clients "${by}" ${variable} {`,
        ...lines.map((line) => `    ${line}`),
        "}",
      ]),
      ...services.flatMap((service) => this.#blocksOf(service)),
    ];
    return blocks.map((lines) => lines.join("\n    ")).join("\n    ");
  };

  /** In a location: passes its requests to whichever instance serves. */
  pass = (name: string, options: PassOptions = {}): string => {
    const { by = EACH_REQUEST, protocol = "http", ...others } = Object(options);
    if (typeof options !== "object" || Object.keys(others).length > 0) {
      throw new TypeError(
        `Expected { by: "$variable", protocol: "http" } behind "${name}", got ` +
          JSON.stringify(options),
      );
    }
    if (!PROTOCOLS.includes(protocol)) {
      throw new TypeError(
        `Expected ${PROTOCOLS.join(", ")} for "protocol", got "${protocol}"`,
      );
    }
    const service = this.services.get(name);
    if (service === undefined) {
      const names = [...this.services.keys()].join(", ");
      throw new ReferenceError(
        `There is no service "${name}" for it.live.pass; there are ${names}`,
      );
    }
    if (typeof by !== "string" || /["\\\n;{}]/.test(by)) {
      throw new TypeError(
        `Expected variables such as "$remote_addr" for "by", got "${by}"`,
      );
    }
    this.#used.set(name, service);
    const pool = hasPool(service);
    const share = this.#split(by, pool ? SHARES : BUCKETS);
    const variable = variableOf(name);
    const link = join(this.#live, linkKey(name, pool), share);
    const proxy = protocol === "http" ? "proxy" : protocol;
    const lines = [
      "open_file_cache off;", // it would remember who served before
      "disable_symlinks off;",
      ...pool
        ? [
          `set ${variable} ${upstreamOf(name, "a")};`,
          `if (-e "${link}") { set ${variable} ${upstreamOf(name, "b")}; }`,
        ]
        : [
          `root "${link}";`,
          // nginx learns the address with a request's head but connects when it has
          // the body, and by then the old instance may be gone.
          `${proxy}_request_buffering off;`,
        ],
      ...protocol === "http"
        ? httpLines(variable, connectionOf(pool))
        : [`${proxy}_pass ${variable};`],
      // Not after a timeout: the other slot must not do slow work twice.
      `${proxy}_next_upstream error;`,
      // Without, nginx sends a body of over 16 KB 40 ms late to a pooled connection.
      "sendfile on;",
    ];
    return lines.join("\n            ");
  };

  /** The directory of the links, as nginx.conf can have it. */
  get #live(): string {
    const live = join(this.stateDir, "live");
    if (/["$\\\n]/.test(live)) {
      throw new TypeError(
        `nginx.conf cannot have the path "${live}" in it; set state_dir in ` +
          "[deploy] to one without quotes, dollar signs and backslashes",
      );
    }
    return live;
  }

  /** The variable of a split, which is added if there is none. */
  #split(by: string, { prefix, lines }: typeof SHARES): string {
    const same = this.#splits.find((split) =>
      split.by === by && split.lines === lines
    );
    if (same !== undefined) return same.variable;
    const others = this.#splits.filter((split) => split.lines === lines);
    const number = others.length === 0 ? "" : `_${others.length + 1}`;
    const variable = prefix + number;
    this.#splits.push({ by, variable, lines });
    return variable;
  }

  #blocksOf({ name, slots }: LiveService): string[][] {
    if (slots === undefined) return [this.#addressMap(name)];
    return [
      this.#upstream(upstreamOf(name, "a"), slots.a, slots.b),
      this.#upstream(upstreamOf(name, "b"), slots.b, slots.a),
    ];
  }

  /**
   * A slot with a pool. The other slot is its backup: nginx chooses the slot when a
   * request's head is there, but connects when it has its whole body, and by then the
   * old instance may be gone.
   */
  #upstream(upstream: string, own: string[], other: string[]): string[] {
    return [
      `upstream ${upstream} {`,
      ...own.map((address) => `    server ${address} max_fails=0;`),
      ...other.map((address) => `    server ${address} max_fails=0 backup;`),
      "    keepalive 32;",
      // Shorter than servers keep theirs (gunicorn: 2 s), and a drain waits for it.
      ...this.nginxAtLeast("1.15.3") ? ["    keepalive_timeout 1s;"] : [],
      "}",
    ];
  }

  /** The address in the name of the directory that the link leads into. */
  #addressMap(name: string): string[] {
    const variable = variableOf(name);
    const at = `${variable.slice(1)}_at`;
    const sockets = join(this.#live, ".sockets");
    return [
      `map $realpath_root ${variable} {`,
      `    "~/at:(?<${at}>[^/]+)/..$" $${at};`,
      `    "~/socket:(?<${at}>[^/]+)/..$" "unix:${sockets}/$${at}:";`,
      "}",
    ];
  }
}

/** Whether nginx keeps connections to it: it needs the addresses in advance. */
function hasPool({ slots }: LiveService): boolean {
  return slots !== undefined;
}

/** The variable that says whether a connection is kept. */
function connectionOf(pool: boolean): string {
  return pool ? "$zdd_connection" : "$zdd_connection_close";
}

/** A server that isn't told that a connection is used once makes ready for more requests. */
function connectionMap(pool: boolean): string[] {
  return [
    `map $http_upgrade ${connectionOf(pool)} {`,
    `    "" ${pool ? '""' : "close"};`,
    "    default upgrade;",
    "}",
  ];
}

function httpLines(variable: string, connection: string): string[] {
  return [
    `proxy_pass http://${variable};`,
    "proxy_http_version 1.1;",
    `proxy_set_header Connection ${connection};`,
    "proxy_set_header Upgrade $http_upgrade;",
    // With a variable in proxy_pass nginx has no default for it.
    "proxy_redirect http://$proxy_host/ /;",
  ];
}
