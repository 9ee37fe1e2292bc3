/** Where the text of a key stands. */
export interface Place {
  /** The directory that relative paths start from: that of deploy.conf. */
  directory: string;
  /** Records that the text isn't what it must be; `found` is the text unless said otherwise. */
  reject(expected: string, found?: string): void;
}

/**
 * Turns the text of a key into its value. What isn't right is rejected, and a harmless
 * value stands in for it, so that the mistakes after it are found too.
 */
export type Reader<T> = (text: string, place: Place) => T;

/** A line of the table of keys. */
export interface Key<T = unknown> {
  read: Reader<T>;
  required?: true;
  /** The key beside which it isn't required; it has an empty text then. */
  unless?: string;
  /** What stands in for a missing value, as deploy.conf would write it. */
  default?: string;
  /** What the user is told about it. */
  meaning: string;
  /** It names what a service's user may have changed: that is a mistake only where something is started. */
  others?: true;
  /** A percentage: the sign needn't be doubled after it, as it must be where Python reads it. */
  percent?: true;
  /** A change of it needs no new instance, since nothing of it goes into one. */
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
