// A server that tells what reached it, the same in each of its instances:
//
//   node echo_server.mjs [PID_FILE]
//
// It listens on PORT, or where it likes and then writes the port file. It answers with the
// request's line, its headers in order of their names, and its body's length. Parameters
// change that: `status=503`, `header=NAME:VALUE` (several), `quiet`, `hangup`,
// `length=N` of an answer of that many bytes. It speaks websocket enough to agree to.

import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import { dirname, join } from "node:path";
import process from "node:process";

const { PORT } = process.env;
const [pidFile] = process.argv.slice(2);

const server = http.createServer((request, response) => {
  const { searchParams } = new URL(request.url, "http://x");
  let length = 0;
  request.on("data", (chunk) => length += chunk.length);
  request.on("end", () => {
    if (searchParams.has("hangup")) return request.socket.destroy();
    response.sendDate = false;
    response.statusCode = Number(searchParams.get("status") ?? 200);
    for (const header of searchParams.getAll("header")) {
      const [, name, value] = /^([^:]+):(.*)$/.exec(header);
      response.appendHeader(name, value);
    }
    const size = Number(searchParams.get("length") ?? -1);
    if (size >= 0) return response.end("x".repeat(size));
    if (searchParams.has("quiet")) return response.end("quiet\n");
    const headers = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      headers.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
    }
    const line = `${request.method} ${request.url} ${request.httpVersion}`;
    response.end([line, ...headers.sort(), length, ""].join("\n"));
  });
});
server.keepAliveTimeout = 60_000;

server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(
    request.headers["sec-websocket-key"] +
      "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
  ).digest("base64");
  socket.on("error", () => {});
  socket.end(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
});

server.listen(Number(PORT ?? 0), "127.0.0.1", () => {
  if (pidFile === undefined) return;
  const write = (path, text) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  write(pidFile, `${process.pid}\n`);
  const { port } = server.address();
  write(join(dirname(pidFile), `${process.pid}.port`), `${port}\n`);
});

process.on("SIGTERM", () => process.exit(0));
