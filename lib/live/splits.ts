import { bucketLines } from "./buckets.ts";
import { numbered } from "./identifiers.ts";
import { variablesIn } from "./pass_options.ts";

/** Differs for each request: faster than `$request_id`, and as evenly distributed. */
const EACH_REQUEST = "$connection.$connection_requests";

/** The `split_clients` of a template: one for each value of `by`. */
export class Splits {
  readonly #by: (string | undefined)[] = [];

  /** The variable with the bucket of a request. */
  variableFor(by: string | undefined): string {
    if (!this.#by.includes(by)) this.#by.push(by);
    return `$zdd__bucket${numbered(this.#by.indexOf(by) + 1)}`;
  }

  /** The blocks at http level. */
  blocks(): string[][] {
    return this.#by.flatMap((by, i) => {
      const number = numbered(i + 1);
      const split = [
        `split_clients "${
          by === undefined ? EACH_REQUEST : `$zdd__by${number}`
        }" ` +
        `$zdd__bucket${number} {`,
        ...bucketLines().map((line) => `    ${line}`),
        "}",
      ];
      return by === undefined ? [split] : [byMap(by, number), split];
    });
  }
}

/** Clients without a cookie must not all count as the same client. */
function byMap(by: string, number: string): string[] {
  return [
    `map "${variablesIn(by).join("")}" $zdd__by${number} {`,
    `    "" ${EACH_REQUEST};`,
    `    default "${by}";`,
    "}",
  ];
}
