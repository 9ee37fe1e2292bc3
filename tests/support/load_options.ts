import type { Answer, Request } from "./http_connection.ts";

/** What to request, how often, and what a good answer is. */
export interface LoadOptions {
  /** Where the server is: `http://HOST:PORT/PATH`. */
  url: string;
  /** Requested instead of the URL's path. */
  path?: string;
  /** How many clients make requests at the same time; 20 by default. */
  clients?: number;
  /** Whether connections are reused; true by default. */
  keepAlive?: boolean;
  /**
   * Each client uses these methods in turn. The first client begins with the first method,
   * the second client with the second. `["GET"]` by default.
   */
  methods?: string[];
  /** How many bytes a POST, PUT or PATCH sends, at least 36; 64 by default. */
  size?: number;
  /** How long a client waits between an answer and its next request, in ms; 0 by default. */
  pause?: number;
  /**
   * A request without a complete answer after this many ms hangs, and so does a connection
   * that isn't open by then; 10000 by default.
   */
  timeout?: number;
  /** The load ends by itself after this many ms. */
  duration?: number;
  /** The load ends by itself after this many requests of all clients together. */
  requests?: number;
  /** What the body of a good answer matches. */
  expect?: RegExp | ((answer: Answer, request: LoadRequest) => boolean);
  /** Whether the answer to a request with a body must contain its token. */
  echo?: boolean;
  /**
   * The part of a body that distinguishes answers: the first group, or the whole match. The
   * whole body by default, or if it doesn't match.
   */
  text?: RegExp;
}

/** A request, and the unique token that its body begins with. */
export interface LoadRequest extends Request {
  token?: string;
}

const bodyMethods = ["POST", "PUT", "PATCH"];
const tokenLength = 36; // of a UUID
const encoder = new TextEncoder();

/**
 * Returns a function that makes the load's requests for a method.
 *
 * @throws {TypeError} if the URL or the size is invalid.
 */
export function requestMaker(
  options: LoadOptions,
): (method: string) => LoadRequest {
  const { path, keepAlive = true, size = 64 } = options;
  const url = new URL(options.url);
  if (url.protocol !== "http:") {
    throw new TypeError(`Cannot load anything but http, got "${options.url}"`);
  }
  if (!(size >= tokenLength)) {
    throw new TypeError(
      `Expected a size of at least ${tokenLength} bytes, got ${size}`,
    );
  }
  const head = (method: string) => [
    `${method} ${path ?? url.pathname + url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "User-Agent: zdd-load",
    ...(keepAlive ? [] : ["Connection: close"]),
  ];

  return (method) => {
    if (!bodyMethods.includes(method)) {
      const bytes = encoder.encode([...head(method), "\r\n"].join("\r\n"));
      return { method, bytes };
    }
    const token = crypto.randomUUID();
    const bytes = encoder.encode([
      ...head(method),
      "Content-Type: text/plain",
      `Content-Length: ${size}`,
      "",
      token.padEnd(size, "."),
    ].join("\r\n"));
    return { method, bytes, token };
  };
}

/**
 * Returns a function that checks the body of an answer, and returns what is wrong with it
 * or undefined.
 */
export function bodyCheck(
  { expect, echo = false }: LoadOptions,
): (answer: Answer, request: LoadRequest) => string | undefined {
  return (answer, request) => {
    const got = `got "${answer.body.slice(0, 100)}"`;
    if (expect instanceof RegExp && answer.body.search(expect) < 0) {
      return `Expected a body that matches ${expect}, ${got}`;
    }
    if (typeof expect === "function" && !expect(answer, request)) {
      return `Expected another body, ${got}`;
    }
    const { token } = request;
    if (echo && token !== undefined && !answer.body.includes(token)) {
      return `Expected a body with the token ${token}, ${got}`;
    }
  };
}

/** Returns a function that finds the part of a body that distinguishes answers. */
export function textFinder({ text }: LoadOptions): (body: string) => string {
  return (body) => {
    const match = text && body.match(text);
    return match?.[1] ?? match?.[0] ?? body;
  };
}
