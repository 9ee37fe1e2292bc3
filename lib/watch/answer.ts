/** How a request failed: 5xx from the service, an error from nginx, or an answer cut short. */
export type Failure = "5xx" | "gateway" | "cut";

/** What nginx logged about a request. */
export interface Answer {
  /** The instance's address, as nginx logs it: `127.0.0.1:45643`, `unix:/path`. */
  address: string;
  failure?: Failure;
  /** The time until the answer began, in ms. */
  ms?: number;
  /** nginx's number of the client's connection. */
  connection: number;
}

/**
 * The fields that nginx logs for each request, none of them from the client. Some come from
 * the service and may not be numbers. nginx escapes tabs in values by default
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

/** gRPC's codes for a server's failure: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_FAILURES = ["2", "13", "14", "15"];

/**
 * Parses a line of the log into the answers of the instances that nginx tried. If one
 * fails, nginx tries another, or the same on a new connection: only the last result of each
 * counts. Returns none if nginx tried no instance, or the line can't be parsed.
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
    // The duration of a websocket says nothing.
    if (status === 101) return [one];
    // The client has left: the answer took at least this long.
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

/** An attempt at one instance, as nginx logged it. */
interface Try {
  address: string;
  status: number;
  header?: string;
  response?: string;
  /** Whether its answer was used: nginx didn't try another instead. */
  isFinal: boolean;
}

/** `a, b : c` is three tries: a, then b instead of a, then c after an internal redirect. */
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

/** Whether an answer has begun but is shorter than announced. */
function isLess(length: string | undefined, expected: string): boolean {
  return length !== undefined && /^\d+$/.test(length) &&
    /^\d+$/.test(expected) && Number(length) > 0 &&
    Number(length) < Number(expected);
}

/** An address as nginx logs it: all but printable ASCII is escaped (ngx_http_log_escape). */
export function loggedAddress(address: string): string {
  return Array.from(
    new TextEncoder().encode(address),
    (byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`
        : String.fromCharCode(byte),
  ).join("");
}
