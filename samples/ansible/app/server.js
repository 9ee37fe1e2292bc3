const http = require("node:http");
const path = require("node:path");
const process = require("node:process");

const release = path.basename(__dirname);

const server = http.createServer((request, response) => {
  // The body is read to its end, so that the connection can serve the next request.
  request.resume().on("end", () => {
    response.setHeader("Content-Type", "text/plain");
    response.end(`ansible, pid ${process.pid}, release ${release}\n`);
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
