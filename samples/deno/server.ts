const VERSION = "1";

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT")),
}, async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/slow") {
    const seconds = Number(searchParams.get("s") ?? 5);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
  return new Response(`deno, pid ${Deno.pid}, version ${VERSION}\n`);
});

// Accepts no more connections, and ends after the last request.
Deno.addSignalListener("SIGTERM", () => server.shutdown());
await server.finished;
Deno.exit();
