/** Whether a process can have a mount namespace of its own: only root's, and not in every container. */
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
