/** How nginx passes requests on in one protocol. */
interface ProtocolKind {
  /** What nginx's directives for it begin with. */
  module: string;
  /** What stands before an address. */
  scheme: string;
  /** It has HTTP's headers, and `MODULE_set_header` to change them. */
  hasHeaders: boolean;
  /** nginx can wait for a request's body before it connects, or not. */
  canBuffer: boolean;
}

/** What a service can speak, in nginx's words. */
const PROTOCOLS = {
  http: of("proxy", "http://", { hasHeaders: true }),
  https: of("proxy", "https://", { hasHeaders: true }),
  grpc: of("grpc", "grpc://", { hasHeaders: true, canBuffer: false }),
  grpcs: of("grpc", "grpcs://", { hasHeaders: true, canBuffer: false }),
  fastcgi: of("fastcgi"),
  uwsgi: of("uwsgi"),
  scgi: of("scgi"),
} satisfies Record<string, ProtocolKind>;

export type Protocol = keyof typeof PROTOCOLS;

/** All protocols, by the names that a template has for them. */
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS);

export function isProtocol(name: unknown): name is Protocol {
  return typeof name === "string" && Object.hasOwn(PROTOCOLS, name);
}

export function kindOf(protocol: Protocol): ProtocolKind {
  return PROTOCOLS[protocol];
}

/** Whether it is HTTP/1: with redirects, upgrades and connections that are kept or not. */
export function isHttp(protocol: Protocol): boolean {
  return kindOf(protocol).module === "proxy";
}

function of(
  module: string,
  scheme = "",
  { hasHeaders = false, canBuffer = true } = {},
): ProtocolKind {
  return { module, scheme, hasHeaders, canBuffer };
}
