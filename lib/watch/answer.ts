/** How a request failed: answered with 5xx by the service, by nginx in its place, or not to its end. */
export type Failure = "5xx" | "gateway" | "cut";

/** What nginx has logged of a request. */
export interface Answer {
  /** Whose it is, as nginx names it: `127.0.0.1:45643`, `unix:/path`. */
  address: string;
  failure?: Failure;
  /** How long it took until the answer began. */
  ms?: number;
  /** The client's connection, by nginx's number. */
  connection: number;
}

/**
 * What nginx writes of each request: nothing that a client has sent. Two of them a
 * service has sent, as a number or not. nginx's default escape spells a tab in a value
 * (ngx_http_log_module).
 */
export const FIELDS = [
  "$upstream_addr",
  "$upstream_status",
  "$upstream_header_time",
  "$upstream_response_time",
  "$request_completion",
  "$upstream_response_length",
  "$upstream_http_content_length",
  "$upstream_http_grpc_status",
  "$upstream_trailer_grpc_status",
  "$connection",
] as const;

/** What gRPC calls a server's failure: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_FAILURES = ["2", "13", "14", "15"];

/**
 * Reads a line of the log: the answers of those that were asked. nginx asks another when
 * one fails, or the same again on a new connection: only the last word of each counts.
 * None if nobody was asked, or if it is no such line.
 */
export function readAnswers(line: string): Answer[] {
  const values = line.split("\t");
  if (values.length !== FIELDS.length) return [];
  const [addr = "", status = "", header = "", response = "", ...rest] = values;
  const [completion, length = "", expected = "", ...others] = rest;
  const [grpcHeader = "", grpcTrailer = "", connection = ""] = others;
  if (addr === "-" || !/^\d+$/.test(connection)) return [];
  const asked = readTries(addr, status, header, response);
  return asked.flatMap(({ address, status, header, response, isFinal }, i) => {
    const one = { address, connection: Number(connection) };
    const [began, took] = [toMs(header), toMs(response)];
    const isLast = i === asked.length - 1;
    if (!isFinal) {
      const isAskedAgain = address === asked[i + 1]?.address;
      return isAskedAgain ? [] : [{ ...one, failure: "gateway" }];
    }
    // A websocket lasts as long as it does.
    if (status === 101) return [one];
    // The client has gone: it took at least as long.
    if (status === 499) return [{ ...one, ms: began ?? took }];
    if (status >= 500) {
      const failure = began === undefined ? "gateway" : "5xx";
      const ms = began ?? (status === 504 ? took : undefined);
      return [{ ...one, failure, ms }];
    }
    const isWhole = !isLast || completion !== "OK" || status >= 300 ||
      !isLess(readList(length).at(-1), expected);
    const isGrpcFailure = isLast && [grpcHeader, grpcTrailer]
      .some((code) => GRPC_FAILURES.includes(code));
    if (isGrpcFailure) return [{ ...one, failure: "5xx", ms: began }];
    return [{ ...one, ...isWhole ? {} : { failure: "cut" }, ms: began }];
  });
}

/** One who was asked, and what nginx tells of that. */
interface Try {
  address: string;
  status: number;
  header?: string;
  response?: string;
  /** What it said was the answer: no other was asked in its place. */
  isFinal: boolean;
}

/** `a, b : c` is three tries: of b in place of a, and of c after a redirect within nginx. */
function readTries(
  addr: string,
  status: string,
  header: string,
  response: string,
): Try[] {
  const statuses = readList(status);
  const addresses = statuses.length === 1 ? [addr] : readList(addr);
  if (addresses.length !== statuses.length) return [];
  const [headers, responses] = [readList(header), readList(response)];
  const isFinal = status.split(" : ")
    .flatMap((group) =>
      readList(group).map((_, i, all) => i === all.length - 1)
    );
  const tries = addresses.map((address, i) => ({
    address,
    status: Number(statuses[i]),
    header: headers[i],
    response: responses[i],
    isFinal: isFinal[i] ?? true,
  }));
  return tries.every(({ status }) => Number.isInteger(status)) ? tries : [];
}

function readList(value: string): string[] {
  return value.split(/ : |, /);
}

function toMs(seconds: string | undefined): number | undefined {
  return seconds !== undefined && /^\d+(\.\d+)?$/.test(seconds)
    ? Math.round(Number(seconds) * 1000)
    : undefined;
}

/** Whether an answer has begun, and is shorter than it was to be. */
function isLess(length: string | undefined, expected: string): boolean {
  return length !== undefined && /^\d+$/.test(length) &&
    /^\d+$/.test(expected) && Number(length) > 0 &&
    Number(length) < Number(expected);
}

/** An address as nginx's log has it: what isn't printable ASCII is spelled out (ngx_http_log_escape). */
export function loggedAddress(address: string): string {
  return Array.from(
    new TextEncoder().encode(address),
    (byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`
        : String.fromCharCode(byte),
  ).join("");
}
