const http = require("node:http");
const process = require("node:process");
const { setTimeout } = require("node:timers/promises");

const VERSION = "1";

const server = http.createServer(async (request, response) => {
  const slow = /^\/slow\?s=([\d.]+)$/.exec(request.url);
  if (slow) await setTimeout(1000 * slow[1]);
  // The body is read to its end, so that the connection can serve the next request.
  request.resume().on("end", () => {
    response.setHeader("Content-Type", "text/plain");
    response.end(`live, pid ${process.pid}, version ${VERSION}\n`);
  });
});

// nginx closes idle connections after a second; the server must wait longer.
server.keepAliveTimeout = 5000;
server.listen(process.env.PORT, "127.0.0.1");

// zdd stops it when its last request is answered. By hand, it finishes them first.
process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
