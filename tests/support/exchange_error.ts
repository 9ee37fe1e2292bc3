/** Why a request doesn't get a complete answer. */
export type ExchangeFailure =
  /** There was no connection: refused, unreachable, no port left. */
  | "connect"
  /** The connection was reset before the first byte of an answer. */
  | "reset"
  /** The connection was closed before the first byte of an answer. */
  | "closed"
  /** The connection ended in the middle of an answer. */
  | "cut-off"
  /** The answer isn't HTTP/1. */
  | "malformed"
  /** The answer wasn't complete in time. */
  | "hang";

/** Why a request has no answer. */
export class ExchangeError extends Error {
  override name = "ExchangeError";

  constructor(readonly kind: ExchangeFailure, message: string) {
    super(message);
  }
}

/** The error for text that HTTP/1 doesn't allow in its place. */
export function malformed(expected: string, got: string): ExchangeError {
  const message = `Expected ${expected}, got "${got.slice(0, 100)}"`;
  return new ExchangeError("malformed", message);
}
