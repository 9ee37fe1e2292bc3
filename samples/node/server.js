const fs = require("node:fs");
const http = require("node:http");
const process = require("node:process");
const { setTimeout } = require("node:timers/promises");

const VERSION = "1";
const PID_FILE = "node.pid";
const PORT_FILE = `${process.pid}.port`;

const server = http.createServer(async (request, response) => {
  const slow = /^\/slow\?s=([\d.]+)$/.exec(request.url);
  if (slow) await setTimeout(1000 * slow[1]);
  // After the stop, connections must not stay open for another request.
  if (!server.listening) response.setHeader("Connection", "close");
  response.setHeader("Content-Type", "text/plain");
  response.end(`node, pid ${process.pid}, version ${VERSION}\n`);
});

server.listen(0, "127.0.0.1", () => {
  writeNumber(PID_FILE, process.pid);
  writeNumber(PORT_FILE, server.address().port);
});

// The process ends by itself when the last connection closes.
process.once("SIGTERM", () => {
  server.close(() => {
    fs.rmSync(PORT_FILE);
    if (readNumber(PID_FILE) === process.pid) fs.rmSync(PID_FILE);
  });
  server.closeIdleConnections();
});

function readNumber(path) {
  return fs.existsSync(path) ? Number(fs.readFileSync(path)) : undefined;
}

function writeNumber(path, number) {
  fs.writeFileSync(`${path}.new`, `${number}\n`);
  fs.renameSync(`${path}.new`, path);
}
