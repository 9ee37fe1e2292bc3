/**
 * Whether this is Linux, on which zddeploy deploys. Elsewhere people write and check a
 * deploy.conf, with the source and `deno run`: what only a server can tell isn't asked there.
 */
export const IS_LINUX: boolean = Deno.build.os === "linux";

/** The system's name, as people know it. */
export function systemName(): string {
  const names: Record<string, string> = { darwin: "macOS", windows: "Windows" };
  return names[Deno.build.os] ?? Deno.build.os;
}

/** A path as nginx.conf has it: nginx takes slashes on Windows, too. */
export function withSlashes(path: string): string {
  return Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
}
