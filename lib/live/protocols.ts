/** How nginx passes on requests in a protocol. */
interface ProtocolKind {
  /** The prefix of nginx's directives for it. */
  module: string;
  /** The prefix of an address. */
  scheme: string;
  /** Whether it has HTTP headers, and `MODULE_set_header` to change them. */
  hasHeaders: boolean;
  /** Whether nginx has a directive to buffer a request's body before it connects. */
  canBuffer: boolean;
}

/** The protocols that a service can speak, with nginx's names. */
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

/** The names of all protocols in a template. */
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS);

export function isProtocol(name: unknown): name is Protocol {
  return typeof name === "string" && Object.hasOwn(PROTOCOLS, name);
}

export function kindOf(protocol: Protocol): ProtocolKind {
  return PROTOCOLS[protocol];
}

/** Whether it is HTTP/1, with redirects, upgrades and keepalive. */
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
