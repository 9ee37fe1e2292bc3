/** A kind of server that `init` can write a deploy.conf for. */
export interface Kind {
  /** Kinds that its files also match, and that it takes precedence over. */
  before?: readonly string[];
  /** It is only guessed if the files match no other kind. */
  isLast?: true;
  /** Whether the files in a directory are those of such a server. */
  isIn(directory: string): boolean;
  /**
   * How the server in a directory is started.
   *
   * @param given what the user says about it, as one text; undefined: found from the files
   * @throws {ZddError} if nothing is found.
   */
  find(directory: string, given?: string): Server;
}

/** How a server is started, in terms of deploy.conf, and what nginx must know about it. */
export interface Server {
  /** Empty if a container is started with the command of its image. */
  start: string;
  /** More lines of its section. */
  settings?: readonly string[];
  /** `KEY=VALUE` for its environment. */
  env?: readonly string[];
  /** A command that builds it before each deploy. */
  build?: string;
  /** The contents of further files that it needs, by name. */
  files?: Readonly<Record<string, string>>;
  /** More lines of its location in the template. */
  location?: readonly string[];
  /** Where its pages are, if it is PHP, which speaks FastCGI. */
  php?: PhpPages;
  /** Warnings about what may be wrong with it. */
  notes?: readonly string[];
}

/** Where PHP finds its pages, relative to the project. */
export interface PhpPages {
  root: string;
  /** Whether nginx serves the other files there itself, or index.php answers everything. */
  isPublic: boolean;
}
