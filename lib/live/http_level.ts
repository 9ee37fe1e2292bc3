import { heldVariable, upstreamOf, variableOf } from "./identifiers.ts";
import { isHttp, kindOf } from "./protocols.ts";
import { hasPool, type LiveService, slotsIn } from "./service.ts";
import type { PlannedPass } from "./plan.ts";
import type { Splits } from "./splits.ts";
import { holdAddress, steeringMaps } from "./steering.ts";

/**
 * How often a slot's own server is named. nginx tries a kept connection that turns out to be
 * closed again, but never with a name that it has tried: with one alone it would go to
 * the backup, which is another release or nobody.
 */
const OWN_NAMES = 8;

/** What `it.live.upstreams` prints: all that the passes of a template refer to. */
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

/** The variable that says whether a connection is kept. */
export function connectionVariable(service: LiveService): string {
  return hasPool(service) ? "$zdd__connection" : "$zdd__connection_close";
}

/**
 * The Host that the client sent. One of HTTP/1.0 may have sent none, and HTTP/3 has it in
 * its request line; a server of HTTP/1.1 refuses a request without.
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

/** Websockets alone: a server that speaks h2c must not be asked to. The case doesn't matter. */
function upgradeMap(): string[] {
  return [
    "map $http_upgrade $zdd__upgrade {",
    '    default "";',
    "    websocket websocket;",
    "}",
  ];
}

/** A server that isn't told that a connection is used once makes ready for more requests. */
function connectionMap(pool: boolean): string[] {
  return [
    `map $http_upgrade $zdd__connection${pool ? "" : "_close"} {`,
    `    default ${pool ? '""' : "close"};`,
    "    websocket upgrade;",
    "}",
  ];
}

/**
 * A slot. The others are its backup: nginx chooses the slot when a request's head is
 * there, but connects when it has its whole body, and by then the old instance may be gone.
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
    // A drain waits for it; and far shorter than servers keep theirs (gunicorn: 2 s).
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
 * Since 1.29.7, nginx keeps connections unless told. One to where requests were held would
 * lead around the next pause.
 */
function withoutPool(nginxAtLeast: (version: string) => boolean): string[] {
  return nginxAtLeast("1.29.7") ? ["    keepalive 0;"] : [];
}

/** A slot without its backup, for `verify`: what answers is proven to be that slot's. */
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

/** How much likelier than each other one the slot that was chosen is asked, if nobody holds. */
const PREFERENCE = 1000;

/**
 * Where requests are held. Should zdd have died, nobody accepts them there, and they go on
 * to the slot that was chosen; or to another, if a deploy has replaced it since.
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

/** Whether it is told somewhere that requests to a service without slots are held. */
function isSteered(service: LiveService, passes: PlannedPass[]): boolean {
  return passes.some((pass) => pass.service === service && isTold(pass));
}

/** Whether there is a place for what steers its requests. */
function isTold({ choice, isConditional }: PlannedPass): boolean {
  return choice !== undefined || !isConditional;
}

/** The address in the name of the directory that the link leads into. */
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
