// The service of the benchmark, the same for all programs:
//
//   node app.mjs KIND RELEASE_FILE [PID_FILE]
//
// It listens where PORT, SOCKET or Server::Starter says, or on a port of its choice, for
// which it writes a port file. It answers `RELEASE PID BODY` with the request's body, and
// /slow?MS after this time. It reads RELEASE_FILE at the start, and writes to
// RELEASE_FILE.ready when it began and when it listened, in ms since 1970.
//
// KIND says how it ends. `drains` answers further requests on its connections, tells each
// client to close, and closes those that are still idle after a second. `exits` just exits.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";

const [kind, releaseFile, pidFile] = process.argv.slice(2);
const { PORT, SOCKET, SERVER_STARTER_PORT } = process.env;
const release = readFileSync(releaseFile, "utf8").trim();
let ending = false;

const server = http.createServer((request, response) => {
  const wait = Number(/^\/slow\?(\d+)/.exec(request.url)?.[1] ?? 0);
  let body = "";
  request.on("data", (chunk) => body += chunk);
  request.on("end", () => {
    const answer = () => {
      if (ending) response.setHeader("Connection", "close");
      response.end(`${release} ${process.pid} ${body}\n`);
    };
    wait === 0 ? answer() : setTimeout(answer, wait);
  });
});
server.keepAliveTimeout = 60_000;

function write(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function listening() {
  const ready = performance.timeOrigin + performance.now();
  if (pidFile !== undefined) {
    write(pidFile, `${process.pid}\n`);
    const portFile = join(dirname(pidFile), `${process.pid}.port`);
    write(portFile, `${server.address().port}\n`);
  }
  write(`${releaseFile}.ready`, `${performance.timeOrigin} ${ready}\n`);
}

const inherited = /=(\d+)$/.exec(SERVER_STARTER_PORT ?? "")?.[1];
if (inherited !== undefined) {
  server.listen({ fd: Number(inherited) }, listening);
} else if (SOCKET !== undefined) server.listen(SOCKET, listening);
else server.listen(Number(PORT ?? 0), "127.0.0.1", listening);

function end() {
  if (kind === "exits") process.exit(0);
  if (ending) return;
  ending = true;
  // http's own close() would close idle connections, on which a request may be arriving.
  net.Server.prototype.close.call(server, () => process.exit(0));
  setTimeout(() => server.closeIdleConnections(), 1000);
}
process.on("SIGTERM", end);
process.on("SIGINT", end); // pm2
