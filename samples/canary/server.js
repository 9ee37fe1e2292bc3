const http = require("node:http");
const process = require("node:process");

const VERSION = "1";
const [, , name] = process.argv;

const server = http.createServer((request, response) => {
  request.resume().on("end", () => {
    response.setHeader("Content-Type", "text/plain");
    response.end(`${name}, pid ${process.pid}, version ${VERSION}\n`);
  });
});

// nginx closes idle connections after a second; the server must wait longer.
server.keepAliveTimeout = 5000;
const { PORT, SOCKET } = process.env;
if (SOCKET) server.listen(SOCKET);
else server.listen(PORT, "127.0.0.1");

process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
