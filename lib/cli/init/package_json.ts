import { readJson, recordOf } from "./project.ts";

/** What a package.json says about a server. */
export interface PackageJson {
  main?: string;
  scripts: Readonly<Record<string, string>>;
  /** Whether it needs a package, for development or not. */
  needs(name: string): boolean;
}

/** Reads a directory's package.json, if there is one. */
export function readPackageJson(directory: string): PackageJson {
  const { main, scripts, dependencies, devDependencies } = readJson(
    directory,
    "package.json",
  );
  const needed = { ...recordOf(dependencies), ...recordOf(devDependencies) };
  return {
    main: typeof main === "string" ? main : undefined,
    scripts: Object.fromEntries(
      Object.entries(recordOf(scripts)).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value.trim()]] : []
      ),
    ),
    needs: (name) => Object.hasOwn(needed, name),
  };
}
