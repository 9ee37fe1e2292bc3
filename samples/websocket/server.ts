const VERSION = "1";

/** How long to spread the requests to reconnect over, in ms. */
const SPREAD = 10_000;

const clients = new Set<WebSocket>();

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT")),
}, (request) => {
  const greeting = `websocket, pid ${Deno.pid}, version ${VERSION}\n`;
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response(greeting);
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onopen = () => {
    clients.add(socket);
    socket.send(greeting);
  };
  socket.onclose = () => clients.delete(socket);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});

// Not all at once: the new server would have to accept all of them in one instant.
Deno.addSignalListener("SIGUSR2", () => {
  const all = [...clients];
  all.forEach((client, i) => {
    setTimeout(() => {
      if (client.readyState === WebSocket.OPEN) client.send("come back");
    }, (i / all.length) * SPREAD);
  });
});

Deno.addSignalListener("SIGTERM", async () => {
  for (const client of clients) client.close(1000, "come back");
  await server.shutdown();
  Deno.exit();
});
