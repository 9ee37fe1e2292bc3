import { isProtocol, type Protocol, PROTOCOL_NAMES } from "./protocols.ts";

/** What a template can say after the name of a service in `it.live.pass`. */
export interface PassOptions {
  /**
   * What a canary's clients are told apart by: an nginx variable or a text with some,
   * such as `$remote_addr` or `$cookie_session`. By default, and where they are empty,
   * each request is on its own.
   */
  by?: string;
  /** What the service speaks; HTTP unless told. */
  protocol: Protocol;
  /** Whether `pass` sets X-Forwarded-*; it does unless told not to. */
  headers: boolean;
}

/** @throws {TypeError} that says what is expected, if they are anything else. */
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

/** Whether it is a text that nginx can have between quotes, and not always the same. */
function isWithVariables(by: unknown): boolean {
  return typeof by === "string" && !/["\\\n;]/.test(by) &&
    variablesIn(by).length > 0;
}

/** The variables in one of nginx's texts: `$name` and `${name}`. */
export function variablesIn(text: string): string[] {
  return text.match(/\$(?:\w+|\{\w+\})/g) ?? [];
}
