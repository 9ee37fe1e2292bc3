/** What is done while nobody uses some services. */
export interface Pause {
  /** The names of the services whose requests are held. */
  services: readonly string[];
  /** A line of shell, or a program with its arguments. */
  command: string | string[];
  /** How long a request is held at most, in ms. */
  max: number;
  /**
   * How long to wait for open connections, in ms; those that are left then stay. Undefined:
   * as long as `max`, and nothing is done if one is left.
   */
  wait?: number;
}
