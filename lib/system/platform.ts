/**
 * Whether this is Linux, where zddeploy deploys. On other systems people only write and
 * check a deploy.conf, with the source and `deno run`. Checks that need a server are
 * skipped there.
 */
export const IS_LINUX: boolean = Deno.build.os === "linux";

/** The system's usual name. */
export function systemName(): string {
  const names: Record<string, string> = { darwin: "macOS", windows: "Windows" };
  return names[Deno.build.os] ?? Deno.build.os;
}

/** A path for nginx.conf: nginx accepts slashes on Windows, too. */
export function withSlashes(path: string): string {
  return Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
}
