import { numbered } from "./identifiers.ts";
import { parseAddress } from "../system/address.ts";

/**
 * With this header, a request is answered by the slot that is chosen, or by nobody: there
 * is no backup. `verify` has it, with a word that nobody else knows, by which its requests
 * aren't steered; a client that has it only loses its second try.
 */
export const ALONE = "Zdd-Alone";

/**
 * What steers all requests: it is there only while something does, so that nginx has one
 * file to ask for otherwise. In it are the links `maintenance` and `hold`.
 */
export const STEERING = "steering";
/** What the name of a file in it begins with that lets those through who know the word. */
export const TOKEN = "token:";
/** The key of the link that closes the site; see `maintenance_files.ts`. */
export const MAINTENANCE = `${STEERING}/maintenance`;
/** The key of the link by which new requests are held: a file for each service that is. */
export const HOLD = `${STEERING}/hold`;

/** A status that no server has, for which nobody else has a page. */
const CLOSED = 599;

/** How long a client is asked to wait where nothing else is known, in s. */
export const RETRY_AFTER = 120;

/** Where the sockets are at which requests are held, and what the link `hold` leads to. */
export const HELD = ".held";

/** Behind this no file can be: it stands for the directory while nothing is steered. */
const NOWHERE = "/dev/null";

/** What holds for a request that nobody steers. It stands before a slot is chosen. */
export function gateLines(): string[] {
  return [
    'set $zdd__closed "";',
    'set $zdd__alone "";',
    `if ($http_${headerVariable(ALONE)}) { set $zdd__alone _alone; }`,
  ];
}

/**
 * Tells whether somebody steers a request: `$zdd__closed` has the address of a client who
 * is turned away then, and the file of {@linkcode holdFile} is there if it is held.
 *
 * @param canEnd whether nothing else is run at this level that a `break` would skip: then
 * nginx asks for one file only while nothing is steered
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

/** Turns away those for whom the site is closed. With a page, where `choose` has a place for one. */
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
 * @param guards directives that keep clients from the server, which the page is exempt from
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

/** Networks are told by the beginning of an address; each is asked for by a file of that name. */
const NETS = [24, 16, 8].map((bits) => ({
  variable: `$zdd__net${bits}`,
  pattern: Array(bits / 8).fill("\\d+").join("\\."),
}));

/** At http level: what the lines above refer to. */
export function steeringMaps(): string[][] {
  return [
    ...NETS.map(({ variable, pattern }) => [
      // An empty key is looked up by no regular expression.
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

/** The file that says that a service's requests are held, as nginx asks for it. */
export function holdFile(service: string): string {
  return `$zdd__steering/$zdd__hold/${service}`;
}

/**
 * The address of the socket at which zdd holds requests for a slot, or for a service
 * without slots. Undefined if the path of the state directory can't be in one.
 */
export function holdAddress(
  live: string,
  upstream: string,
): string | undefined {
  const address = `unix:${live}/${HELD}/${upstream}`;
  return parseAddress(address) === undefined ? undefined : address;
}
