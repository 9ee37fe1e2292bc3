/** A kind of server that `init` can write a deploy.conf for. */
export interface Kind {
  /** The kinds that its files speak for, too, although it isn't of them. */
  before?: readonly string[];
  /** Its files only speak for it where those of no other kind do. */
  isLast?: true;
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

/** How a server is started, as deploy.conf says it, and what nginx must know of it. */
export interface Server {
  /** Empty, if a container is started with the command of its image. */
  start: string;
  /** More lines of its section. */
  settings?: readonly string[];
  /** `KEY=VALUE`, for its environment. */
  env?: readonly string[];
  /** A command that makes what is started, before each deploy. */
  build?: string;
  /** The texts of more files that it needs, by their names. */
  files?: Readonly<Record<string, string>>;
  /** More lines of its location in the template. */
  location?: readonly string[];
  /** PHP, and where its pages are: it is spoken to by FastCGI. */
  php?: PhpPages;
  /** What may be wrong with it. */
  notes?: readonly string[];
}

/** Where PHP finds its pages, relative to the project. */
export interface PhpPages {
  root: string;
  /** Whether nginx sends the other files there itself; else index.php answers everything. */
  isPublic: boolean;
}
