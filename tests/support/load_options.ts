import type { Answer, Request } from "./http_connection.ts";

/** Who asks for what, how often, and what is a good answer. */
export interface LoadOptions {
  /** Where the server is: `http://HOST:PORT/PATH`. */
  url: string;
  /** Asked for in place of the URL's path. */
  path?: string;
  /** How many clients make requests side by side; 20 if not given. */
  clients?: number;
  /** Whether connections are used again; true if not given. */
  keepAlive?: boolean;
  /**
   * Each client uses these methods in turn, the first client beginning with the
   * first, the second with the second; `["GET"]` if not given.
   */
  methods?: string[];
  /** How many bytes a POST, PUT or PATCH carries, at least 36; 64 if not given. */
  size?: number;
  /** What a client waits between an answer and its next request, in ms; 0 if not given. */
  pause?: number;
  /**
   * A request without a whole answer after so many ms hangs, and so does a
   * connection that hasn't come about by then; 10000 if not given.
   */
  timeout?: number;
  /** The load ends by itself after so many ms. */
  duration?: number;
  /** The load ends by itself after so many requests of all clients together. */
  requests?: number;
  /** What the body of a good answer matches. */
  expect?: RegExp | ((answer: Answer, request: LoadRequest) => boolean);
  /** Whether the answer to a request with a body must contain its token. */
  echo?: boolean;
  /**
   * The part of a body that tells answers apart: the first group, or the whole
   * match; all of the body if not given or not matched.
   */
  text?: RegExp;
}

/** A request, and the token that its body begins with and no other has. */
export interface LoadRequest extends Request {
  token?: string;
}

const bodyMethods = ["POST", "PUT", "PATCH"];
const tokenLength = 36; // of a UUID
const encoder = new TextEncoder();

/**
 * Returns what makes the requests of the load, by method.
 *
 * @throws {TypeError} where the URL or the size makes no sense.
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
 * Returns what checks the body of an answer: it says what is wrong with it, or
 * undefined.
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

/** Returns what finds the part of a body that tells answers apart. */
export function textFinder({ text }: LoadOptions): (body: string) => string {
  return (body) => {
    const match = text && body.match(text);
    return match?.[1] ?? match?.[0] ?? body;
  };
}
