import { heldVariable, upstreamOf, variableOf } from "./identifiers.ts";
import { isHttp, kindOf } from "./protocols.ts";
import { hasPool, type LiveService, slotsIn } from "./service.ts";
import type { PlannedPass } from "./plan.ts";
import type { Splits } from "./splits.ts";
import { holdAddress, steeringMaps } from "./steering.ts";

/**
 * How often a slot's own server is listed. If a kept connection turns out to be closed,
 * nginx tries again, but not with an entry that it has tried: with a single entry it would
 * go to the backup, which is another release or not running.
 */
const OWN_NAMES = 8;

/** What `it.live.upstreams` prints: everything that a template's passes refer to. */
export function httpBlocks(
  passes: PlannedPass[],
  splits: Splits,
  live: string,
  nginxAtLeast: (version: string) => boolean,
): string[][] {
  const services = [...new Set(passes.map(({ service }) => service))];
  const http = passes.filter(({ protocol }) => isHttp(protocol));
  const withHeaders = passes.filter(({ protocol }) =>
    kindOf(protocol).hasHeaders
  );
  return [
    ...withHeaders.length > 0 ? hostMaps() : [],
    ...http.length > 0 ? [upgradeMap()] : [],
    ...[true, false].filter((pool) =>
      http.some(({ service }) => hasPool(service) === pool)
    ).map(connectionMap),
    ...splits.blocks(),
    ...passes.some(isTold) ? steeringMaps() : [],
    ...services.flatMap((service) =>
      service.slots === undefined
        ? [
          addressMap(service.name, live, isSteered(service, passes)),
          ...upstreamOfHeld(service, "a", live, nginxAtLeast),
        ]
        : slotsIn(service).flatMap(([slot, own]) => [
          upstream(service, slot, own, nginxAtLeast),
          upstreamAlone(service, slot, own, nginxAtLeast),
          ...upstreamOfHeld(service, slot, live, nginxAtLeast),
        ])
    ),
  ];
}

/** The variable for the Connection header: whether a connection is kept. */
export function connectionVariable(service: LiveService): string {
  return hasPool(service) ? "$zdd__connection" : "$zdd__connection_close";
}

/**
 * The Host that the client sent. An HTTP/1.0 client may have sent none, and HTTP/3 has it
 * in a pseudo-header; an HTTP/1.1 server refuses requests without one.
 */
function hostMaps(): string[][] {
  return [
    [
      "map $host $zdd__own_host {",
      '    "" localhost;',
      "    default $host;",
      "}",
    ],
    [
      "map $http_host $zdd__host {",
      '    "" $zdd__own_host;',
      "    default $http_host;",
      "}",
    ],
  ];
}

/** Only websockets: a server must not be asked to upgrade to h2c. Matches in any case. */
function upgradeMap(): string[] {
  return [
    "map $http_upgrade $zdd__upgrade {",
    '    default "";',
    "    websocket websocket;",
    "}",
  ];
}

/** Without "close", a server would prepare for more requests on the connection. */
function connectionMap(pool: boolean): string[] {
  return [
    `map $http_upgrade $zdd__connection${pool ? "" : "_close"} {`,
    `    default ${pool ? '""' : "close"};`,
    "    websocket upgrade;",
    "}",
  ];
}

/**
 * The upstream of a slot. The other slots are its backup: nginx chooses the slot when it
 * has a request's head, but connects when it has the whole body, and by then the old
 * instance may be gone.
 */
function upstream(
  service: LiveService,
  slot: string,
  own: readonly string[],
  nginxAtLeast: (version: string) => boolean,
): string[] {
  const { name, keepalive } = service;
  const others = slotsIn(service).filter(([other]) => other !== slot)
    .flatMap(([, addresses]) => addresses);
  const names = keepalive === 0 ? 1 : Math.max(2, OWN_NAMES / own.length);
  const pool = [
    `    keepalive ${keepalive};`,
    // Short, since a drain waits for it, and servers keep theirs longer (gunicorn: 2 s).
    ...nginxAtLeast("1.15.3") ? ["    keepalive_timeout 100ms;"] : [],
  ];
  return [
    `upstream ${upstreamOf(name, slot)} {`,
    ...Array.from({ length: Math.ceil(names) }, () => own).flat()
      .map((address) => `    server ${address} max_fails=0;`),
    ...others.map((address) => `    server ${address} max_fails=0 backup;`),
    ...keepalive === 0 ? withoutPool(nginxAtLeast) : pool,
    "}",
  ];
}

/**
 * nginx 1.29.7 and later keep connections by default. A kept connection to the process that
 * holds requests would bypass the next pause.
 */
function withoutPool(nginxAtLeast: (version: string) => boolean): string[] {
  return nginxAtLeast("1.29.7") ? ["    keepalive 0;"] : [];
}

/** The upstream of a slot without backup, for `verify`: only this slot can answer. */
function upstreamAlone(
  { name }: LiveService,
  slot: string,
  own: readonly string[],
  nginxAtLeast: (version: string) => boolean,
): string[] {
  return [
    `upstream ${upstreamOf(name, slot)}_alone {`,
    ...own.map((address) => `    server ${address} max_fails=0;`),
    ...withoutPool(nginxAtLeast),
    "}",
  ];
}

/** How much likelier the chosen slot is than any other if no process holds requests. */
const PREFERENCE = 1000;

/**
 * The upstream where requests are held. If zdd has died, nothing accepts them there, and
 * they go to the chosen slot, or to another if a deploy has replaced it since.
 */
function upstreamOfHeld(
  service: LiveService,
  slot: string,
  live: string,
  nginxAtLeast: (version: string) => boolean,
): string[][] {
  const upstream = upstreamOf(service.name, slot);
  const address = holdAddress(live, upstream);
  if (address === undefined) return [];
  return [[
    `upstream ${upstream}_hold {`,
    `    server ${address} max_fails=0;`,
    ...slotsIn(service).flatMap(([other, addresses]) =>
      addresses.map((address) =>
        `    server ${address} max_fails=0 ` +
        (other === slot ? `weight=${PREFERENCE} backup;` : "backup;")
      )
    ),
    ...withoutPool(nginxAtLeast),
    "}",
  ]];
}

/** Whether any pass of a service without slots can hold requests. */
function isSteered(service: LiveService, passes: PlannedPass[]): boolean {
  return passes.some((pass) => pass.service === service && isTold(pass));
}

/** Whether there is a place for the lines that steer its requests. */
function isTold({ choice, isConditional }: PlannedPass): boolean {
  return choice !== undefined || !isConditional;
}

/** Extracts the address from the name of the directory that the link leads to. */
function addressMap(name: string, live: string, steered: boolean): string[] {
  return [
    `map ${
      steered ? `"${heldVariable(name)}$realpath_root"` : "$realpath_root"
    } ${variableOf(name)} {`,
    ...steered ? [`    ~^held ${upstreamOf(name, "a")}_hold;`] : [],
    '    "~/at:(?<zdd__address>[^/]+)/..$" $zdd__address;',
    '    "~/socket:(?<zdd__address>[^/]+)/..$" ' +
    `"unix:${live}/.sockets/$zdd__address:";`,
    "}",
  ];
}
