import { ExitStatus, ZddError } from "../error.ts";
import { nearest } from "../text/suggestion.ts";

/**
 * The services with these names; all if `names` is empty.
 *
 * @throws {ZddError} with exit status 2, if a name isn't that of a service.
 */
export function chooseServices<T extends { name: string }>(
  services: readonly T[],
  names: readonly string[],
): T[] {
  const known = services.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new ZddError(`There is no service "${name}"`, {
      hint: near === undefined
        ? `the services are ${known.join(", ")}`
        : `did you mean "${near}"?`,
      exitStatus: ExitStatus.usage,
    });
  }
  return services.filter(({ name }) =>
    names.length === 0 || names.includes(name)
  );
}
