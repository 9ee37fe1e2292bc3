const http = require("node:http");
const process = require("node:process");

const { GREETING = "hello from", PORT = 3000, ZDD_RELEASE } = process.env;

const server = http.createServer((request, response) => {
  // The body is read to its end, so that the connection can serve the next request.
  request.resume().on("end", () => {
    response.setHeader("Content-Type", "text/plain");
    response.end(`${GREETING} docker, release ${ZDD_RELEASE}\n`);
  });
});

// nginx closes idle connections after a second; the server must wait longer.
server.keepAliveTimeout = 5000;
// On all addresses of the container: nginx connects from outside.
server.listen(PORT, "0.0.0.0");

process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
