/** What can keep a request from getting the whole of an answer. */
export type ExchangeFailure =
  /** No connection came about: refused, unreachable, no port left. */
  | "connect"
  /** The connection was reset before the first byte of an answer. */
  | "reset"
  /** The connection was closed before the first byte of an answer. */
  | "closed"
  /** The connection ended in the middle of an answer. */
  | "cut-off"
  /** What came isn't an answer in HTTP/1. */
  | "malformed"
  /** The whole answer wasn't there in time. */
  | "hang";

/** Why a request has no answer. */
export class ExchangeError extends Error {
  override name = "ExchangeError";

  constructor(readonly kind: ExchangeFailure, message: string) {
    super(message);
  }
}

/** The error for something that stands where HTTP/1 wants something else. */
export function malformed(expected: string, got: string): ExchangeError {
  const message = `Expected ${expected}, got "${got.slice(0, 100)}"`;
  return new ExchangeError("malformed", message);
}
