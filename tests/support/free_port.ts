/**
 * A free port. It isn't one of those that the kernel assigns automatically (ip(7),
 * ip_local_port_range), since another test may get such a port before this one listens.
 */
export function freePort(): number {
  for (;;) {
    // Also not one that zdd picks for a service.
    const port = 10_000 + Math.floor(10_000 * Math.random());
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
