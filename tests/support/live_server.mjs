// The live switch's tiny server. It listens where zdd says (PORT or SOCKET), or where
// it likes, and then speaks the port file protocol:
//
//   node live_server.mjs [PID_FILE [SOCKET_DIRECTORY]]
//
// It answers `VERSION PID LENGTH`, where LENGTH is that of the request's body; to
// /slow?MS after so long, to /fail with a 503, to /connection with that header, and
// speaks websocket on any path: each text frame comes back as `PID TEXT`. `DELAY` is
// how many ms it needs to start, `BACKLOG` how many clients may wait for it to accept them.

import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import { dirname, join, resolve } from "node:path";
import process from "node:process";

const { PORT, SOCKET, VERSION = "v1", DELAY = "0", BACKLOG = "511" } =
  process.env;
const [pidFile, socketDirectory] = process.argv.slice(2);
process.stdout.write(`live_server.mjs: begins at ${Date.now()}\n`);

function write(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const server = http.createServer((request, response) => {
  const wait = Number(/^\/slow\?(\d+)/.exec(request.url)?.[1] ?? 0);
  let length = 0;
  request.on("data", (chunk) => length += chunk.length);
  request.on("end", () => {
    setTimeout(() => {
      if (request.url === "/fail") response.statusCode = 503;
      if (request.url === "/connection") {
        return response.end(`${request.headers.connection}\n`);
      }
      response.end(`${VERSION} ${process.pid} ${length}\n`);
    }, wait);
  });
});
server.keepAliveTimeout = 60_000;

// RFC 6455: the handshake, and frames of fewer than 126 bytes that arrive whole.
server.on("upgrade", (request, socket) => {
  const key = request.headers["sec-websocket-key"] +
    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
      `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => {});
  socket.on("data", (frame) => {
    if ((frame[0] & 0x0f) === 8) return socket.end(Buffer.from([0x88, 0]));
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6, 6 + (frame[1] & 0x7f))
      .map((byte, i) => byte ^ mask[i % 4]);
    const answer = Buffer.from(`${process.pid} ${text}`);
    socket.write(Buffer.concat([Buffer.from([0x81, answer.length]), answer]));
  });
});

function listening() {
  if (pidFile === undefined) return;
  write(pidFile, `${process.pid}\n`);
  if (PORT !== undefined || SOCKET !== undefined) return;
  const address = server.address();
  write(
    join(dirname(pidFile), `${process.pid}.port`),
    typeof address === "string" ? `unix:${address}\n` : `${address.port}\n`,
  );
}

setTimeout(() => {
  if (SOCKET !== undefined) return server.listen(SOCKET, listening);
  if (socketDirectory !== undefined) {
    const path = resolve(socketDirectory, `${process.pid}.sock`);
    const options = { path, readableAll: true, writableAll: true };
    return server.listen(options, listening);
  }
  const [port, backlog] = [Number(PORT ?? 0), Number(BACKLOG)];
  server.listen({ port, host: "127.0.0.1", backlog }, listening);
}, Number(DELAY));

// As rude as a server can be: zdd must have drained it.
process.on("SIGTERM", () => process.exit(0));
