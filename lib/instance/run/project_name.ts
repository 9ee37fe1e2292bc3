/** What a person calls the project: the directory that has the state, or what that is in. */
export function projectOf({ stateDir }: { stateDir: string }): string {
  const names = stateDir.split("/").filter((name) => name !== "");
  const says = (name: string) => !/^(\.?zdd|shared|current|state)$/.test(name);
  return names.findLast(says) ?? "app";
}
