/**
 * Whether a process can have its own mount namespace: only as root, and not in every
 * container.
 */
export function canUnshareMounts(): boolean {
  try {
    return new Deno.Command("unshare", {
      args: ["--mount", "mount", "-t", "tmpfs", "none", "/tmp"],
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}
