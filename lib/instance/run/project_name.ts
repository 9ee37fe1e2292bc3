/** A name for the project: the nearest directory of the state with a telling name. */
export function projectOf({ stateDir }: { stateDir: string }): string {
  const names = stateDir.split("/").filter((name) => name !== "");
  const says = (name: string) => !/^(\.?zdd|shared|current|state)$/.test(name);
  return names.findLast(says) ?? "app";
}
