import { isProtocol, type Protocol, PROTOCOL_NAMES } from "./protocols.ts";

/** The options after the name of a service in `it.live.pass`. */
export interface PassOptions {
  /**
   * What distinguishes the clients of a canary: an nginx variable such as `$remote_addr` or
   * `$cookie_session`, or a text with some. By default, and if they are empty, each request
   * is assigned separately.
   */
  by?: string;
  /** The protocol of the service; HTTP by default. */
  protocol: Protocol;
  /** Whether `pass` sets X-Forwarded-*; true by default. */
  headers: boolean;
}

/** @throws {TypeError} that says what is expected, if an option is wrong. */
export function readPassOptions(name: string, options: unknown): PassOptions {
  const { by, protocol = "http", headers = true, ...others } = Object(options);
  if (typeof options !== "object" || Object.keys(others).length > 0) {
    throw new TypeError(
      'Expected { by: "$variable", protocol: "http", headers: false } after ' +
        `"${name}", got ${JSON.stringify(options)}`,
    );
  }
  if (!isProtocol(protocol)) {
    throw new TypeError(
      `Expected ${PROTOCOL_NAMES.join(", ")} for "protocol", got "${protocol}"`,
    );
  }
  if (typeof headers !== "boolean") {
    throw new TypeError(
      `Expected true or false for "headers", got "${headers}"`,
    );
  }
  if (by !== undefined && !isWithVariables(by)) {
    throw new TypeError(
      `Expected variables such as "$remote_addr" for "by", got "${by}"`,
    );
  }
  return { by, protocol, headers };
}

/** Whether it is a text that can be in quotes in nginx.conf and contains a variable. */
function isWithVariables(by: unknown): boolean {
  return typeof by === "string" && !/["\\\n;]/.test(by) &&
    variablesIn(by).length > 0;
}

/** The variables in a text of nginx.conf: `$name` and `${name}`. */
export function variablesIn(text: string): string[] {
  return text.match(/\$(?:\w+|\{\w+\})/g) ?? [];
}
