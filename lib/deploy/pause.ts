/** A command to run while services are idle and their requests are held. */
export interface Pause {
  /** The names of the services whose requests are held. */
  services: readonly string[];
  /** A line of shell, or a program with its arguments. */
  command: string | string[];
  /** How long a request is held at most, in ms. */
  max: number;
  /**
   * How long to wait for open connections to end, in ms. The command runs even if some are
   * left. Undefined: as long as `max`, and the command doesn't run if one is left.
   */
  wait?: number;
}
