/** A kind of server that `init` can write a deploy.conf for. */
export interface Kind {
  /** Whether the files in a directory are such a server's. */
  isIn(directory: string): boolean;
  /**
   * How it is started in a directory.
   *
   * @param given what the user says of it, as one text; else the files there tell
   * @throws {ZddError} if they don't.
   */
  find(directory: string, given?: string): Server;
}

/** How a server is started, as deploy.conf says it. */
export interface Server {
  start: string;
  /** More lines of its section. */
  settings?: string[];
  /** What may be wrong with it. */
  note?: string;
}
