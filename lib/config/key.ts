/** What a reader needs besides the text of a key. */
export interface Place {
  /** The directory of deploy.conf, which is the base of relative paths. */
  directory: string;
  /** Records that the text is invalid. @param found what was found, by default the text */
  reject(expected: string, found?: string): void;
}

/**
 * Turns the text of a key into its value. An invalid text is rejected, and a harmless value
 * is returned instead, so that further mistakes are found.
 */
export type Reader<T> = (text: string, place: Place) => T;

/** An entry of the table of keys. */
export interface Key<T = unknown> {
  read: Reader<T>;
  required?: true;
  /** Another key, with which it isn't required; its text is empty then. */
  unless?: string;
  /** The text for a missing value, as in deploy.conf. */
  default?: string;
  /** The description in the help. */
  meaning: string;
  /** It names a file or directory that a service's user can change: a mistake only matters for a start. */
  others?: true;
  /** A percentage: its sign needn't be doubled, as it must be for Python. */
  percent?: true;
  /** A change of it needs no new instance. */
  restart?: false;
}

/** `start_timeout` as a property: `startTimeout`. */
export type CamelCase<Name extends string> = Name extends
  `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The values of the keys of a section, each by its name in camel case. */
export type Values<Keys extends Record<string, Key>> =
  & {
    [Name in Given<Keys> as CamelCase<Name>]: ReturnType<Keys[Name]["read"]>;
  }
  & {
    [Name in Exclude<keyof Keys & string, Given<Keys>> as CamelCase<Name>]?:
      ReturnType<Keys[Name]["read"]>;
  };

/** The keys that always have a value. */
type Given<Keys extends Record<string, Key>> = {
  [Name in keyof Keys]: Keys[Name] extends
    { required: true } | { default: string } ? Name : never;
}[keyof Keys & string];

/** The values of the keys that have a default. */
export type Defaults<Keys extends Record<string, Key>> = {
  [
    Name in keyof Keys & string as Keys[Name] extends { default: string }
      ? CamelCase<Name>
      : never
  ]: ReturnType<Keys[Name]["read"]>;
};

/** The name of the property that holds the value of a key. */
export function camelCase<Name extends string>(name: Name): CamelCase<Name> {
  return name.replace(
    /_(\w)/g,
    (_, letter: string) => letter.toUpperCase(),
  ) as CamelCase<Name>;
}
