import { numbered } from "./identifiers.ts";
import { parseAddress } from "../system/address.ts";

/**
 * With this header, only the chosen slot can answer a request: there is no backup. `verify`
 * sends it with a secret word, so that its requests aren't steered. A client that sends the
 * header only loses its second try.
 */
export const ALONE = "Zdd-Alone";

/**
 * The directory of what steers all requests: the links `maintenance` and `hold`. It only
 * exists while it isn't empty, so that nginx checks just one path otherwise.
 */
export const STEERING = "steering";
/** The prefix of a file's name in it that lets requests with a secret word through. */
export const TOKEN = "token:";
/** The key of the link that closes the site; see `maintenance.ts`. */
export const MAINTENANCE = `${STEERING}/maintenance`;
/** The key of the link that holds new requests. It leads to a file for each held service. */
export const HOLD = `${STEERING}/hold`;

/** A status that no server sends, so that no other error_page matches it. */
const CLOSED = 599;

/** How long a client is asked to wait by default, in s. */
export const RETRY_AFTER = 120;

/**
 * The directory of the sockets where requests are held, and of what the link `hold` leads
 * to.
 */
export const HELD = ".held";

/** A path with no files below it: replaces the directory while nothing is steered. */
const NOWHERE = "/dev/null";

/** The values for a request that isn't steered. These lines come before a slot is chosen. */
export function gateLines(): string[] {
  return [
    'set $zdd__closed "";',
    'set $zdd__alone "";',
    `if ($http_${headerVariable(ALONE)}) { set $zdd__alone _alone; }`,
  ];
}

/**
 * Finds out whether a request is steered. If it is turned away, `$zdd__closed` has the
 * client's address. If it is held, the file of {@linkcode holdFile} exists.
 *
 * @param canEnd whether a `break` would skip nothing else at this level: then nginx checks
 * only one path while nothing is steered
 */
export function steeringLines(live: string, canEnd: boolean): string[] {
  const steering = `${live}/${STEERING}`;
  const closed = "$zdd__steering/maintenance";
  const open = (name: string) =>
    `if (-e "${closed}/allowed/${name}") { set $zdd__closed ""; }`;
  return [
    ...canEnd
      ? [
        `if (!-e "${steering}") { break; }`,
        `set $zdd__steering "${steering}";`,
      ]
      : [
        `set $zdd__steering ${NOWHERE};`,
        `if (-e "${steering}") { set $zdd__steering "${steering}"; }`,
      ],
    `if (-e "${closed}") { set $zdd__closed $remote_addr; }`,
    open("$zdd__closed"),
    ...NETS.map(({ variable }) => open(variable)),
    "set $zdd__hold hold;",
    `if (-e "$zdd__steering/$zdd__token") ` +
    `{ set $zdd__hold none; set $zdd__closed ""; }`,
  ];
}

/**
 * Turns away clients if the site is closed for them. Shows a page if `choose` has a place
 * for it.
 */
export function closedLines(live: string, choice?: number): string[] {
  const words = choice === undefined
    ? [
      `root "${live}/${MAINTENANCE}";`,
      "add_header Retry-After $zdd__retry_after always;",
      "return 503;",
    ]
    : [
      `error_page ${CLOSED} =503 ${pagePath(choice)};`,
      `return ${CLOSED};`,
    ];
  return [`if ($zdd__closed) { ${words.join(" ")} }`];
}

/**
 * The location of the page, which `choose` prints.
 *
 * @param guards the server's access directives, which the page is exempt from
 */
export function pageLines(
  live: string,
  choice: number,
  guards: readonly string[],
): string[] {
  return [
    `location = ${pagePath(choice)} {`,
    "    internal;",
    `    root "${live}/${MAINTENANCE}";`,
    "    open_file_cache off;",
    "    types { text/html html; application/json json; text/plain txt; }",
    ...guards.includes("auth_basic") ? ["    auth_basic off;"] : [],
    ...guards.some((name) => name === "allow" || name === "deny")
      ? ["    allow all;"]
      : [],
    "    add_header Retry-After $zdd__retry_after always;",
    "    add_header Cache-Control no-store always;",
    "    try_files /page.html /page.json /page.txt =503;",
    "}",
  ];
}

function pagePath(choice: number): string {
  return `/zdd__maintenance${numbered(choice + 1)}`;
}

/** A network is the beginning of an address. nginx checks for a file with that name. */
const NETS = [24, 16, 8].map((bits) => ({
  variable: `$zdd__net${bits}`,
  pattern: Array(bits / 8).fill("\\d+").join("\\."),
}));

/** The maps at http level that the lines above use. */
export function steeringMaps(): string[][] {
  return [
    ...NETS.map(({ variable, pattern }) => [
      // Regular expressions aren't tried for an empty key.
      `map $zdd__closed ${variable} {`,
      `    "~^(?:::ffff:)?(?<zdd__net>${pattern})\\." $zdd__net;`,
      "    default -;",
      "}",
    ]),
    [
      `map $http_${headerVariable(ALONE)} $zdd__token {`,
      `    "~^(?<zdd__word>[0-9a-f]{32})$" "${TOKEN}$zdd__word";`,
      "    default -;",
      "}",
    ],
    [
      "map $realpath_root $zdd__retry_after {",
      '    "~/retry-(?<zdd__seconds>[0-9]+)-[^/]*$" $zdd__seconds;',
      `    default ${RETRY_AFTER};`,
      "}",
    ],
  ];
}

function headerVariable(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

/** The path that nginx checks: if it exists, a service's requests are held. */
export function holdFile(service: string): string {
  return `$zdd__steering/$zdd__hold/${service}`;
}

/**
 * The address of the socket where zdd holds requests for a slot, or for a service without
 * slots. Undefined if the state directory's path can't be part of an address.
 */
export function holdAddress(
  live: string,
  upstream: string,
): string | undefined {
  const address = `unix:${live}/${HELD}/${upstream}`;
  return parseAddress(address) === undefined ? undefined : address;
}
