const http = require("node:http");
const process = require("node:process");

const { GREETING, PORT, ZDD_NUMBER } = process.env;

const server = http.createServer((request, response) => {
  // The body is read to its end, so that the connection can serve the next request.
  request.resume().on("end", () => {
    response.setHeader("Content-Type", "text/plain");
    response.end(
      `${GREETING} node, pid ${process.pid}, instance ${ZDD_NUMBER}\n`,
    );
  });
});

// nginx closes idle connections after a second; the server must wait longer.
server.keepAliveTimeout = 5000;
server.listen(PORT, "127.0.0.1");

process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
