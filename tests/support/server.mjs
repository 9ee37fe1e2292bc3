// deno-lint-ignore-file no-console -- tests look for its output in its log

// The tests' server, in plain Node. It knows nothing about zdd except what it is told:
//
//   node server.mjs [OPTION…] [HOST:PORT…]
//
// It listens on the addresses, or else on PORT or SOCKET, or else on a port of its choice.
//
//   --pid-file FILE   write the pid there, and the port file beside it unless told where to listen
//   --socket DIR      choose a socket in a directory instead of a port
//   --mode MODE       how it misbehaves:
//     exit            ends at once
//     dies-later      ends soon after it has written its pid
//     serves:MS       ends after this time
//     delay:MS        takes this long to start
//     no-port         writes no port file
//     garbage         writes something other than a port
//     wrong-port      writes a port that nothing listens on
//     unhealthy       answers every request with 503
//     stays           ignores SIGTERM
//     hangs-up        closes the connection on a request for anything but /
//     closes:N        closes every Nth kept connection instead of answering
//     fails:N         answers every Nth request with 500
//     slow:MS         takes this long for each answer
//     cuts:N          breaks every Nth answer off
//   --echo            answer with what has arrived: see below
//   --workers N       use N processes that share a socket
//   --apart MS        wait between two addresses
//
// VERSION is part of its answers, DELAY is how many ms it takes to start, and BACKLOG is
// how many clients may wait to be accepted.
//
// It answers `VERSION PID LENGTH`, where LENGTH is that of the request's body. It answers
// /slow?MS after this time, /waiting with the number of slow requests, /fail with a 503,
// and /connection with that header. On /exit it ends. With --echo it answers with the
// request line, the headers sorted by name, and the length of the body, which is the same
// from each instance. Parameters change that: `status=503`, `header=NAME:VALUE` (several),
// `quiet`, `hangup`, and `length=N` for an answer of N bytes.
//
// On any path it speaks websocket: each text frame is answered with `PID TEXT`.

import cluster from "node:cluster";
import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { PORT, SOCKET, VERSION = "v1", DELAY = "0", BACKLOG = "511" } =
  process.env;
const { values, positionals } = parseArgs({
  options: {
    "pid-file": { type: "string" },
    socket: { type: "string" },
    mode: { type: "string", default: "good" },
    echo: { type: "boolean" },
    workers: { type: "string", default: "0" },
    apart: { type: "string", default: "0" },
  },
  allowPositionals: true,
});
const [mode, time] = values.mode.split(":");

console.log(`server.mjs: ${values.mode}, begins at ${Date.now()}`);
if (mode === "exit") {
  console.error("cannot find module 'left-pad'");
  process.exit(3);
}

process.on("SIGTERM", () => {
  // Ends as rudely as a server can: zdd must have drained it.
  if (mode !== "stays") process.exit(0);
});

function giveUp() {
  console.error("the database is gone");
  process.exit(4);
}

let waiting = 0;

let kept = 0;

let answered = 0;

/** Whether this is an answer to spoil in this way. */
function isSpoilt(how) {
  return mode === how && ++answered % Number(time) === 0;
}

/** Whether to close the kept connection of this request. */
function closes({ socket }) {
  const isKept = socket.isKept ?? false;
  socket.isKept = true;
  return mode === "closes" && isKept && ++kept % Number(time) === 0;
}

function answer(request, response) {
  const { url } = request;
  if (closes(request) || mode === "hangs-up" && url !== "/") {
    return request.socket.destroy();
  }
  if (url === "/exit") giveUp();
  let length = 0;
  request.on("data", (chunk) => length += chunk.length);
  request.on("end", async () => {
    if (mode === "slow") await sleep(Number(time));
    if (isSpoilt("fails")) {
      response.statusCode = 500;
      return response.end("the table is gone\n");
    }
    if (isSpoilt("cuts")) {
      response.write("the beginning\n"); // of an answer in chunks
      return setTimeout(() => request.socket.destroy(), 20);
    }
    const wait = /^\/slow\?(\d+)/.exec(url)?.[1];
    if (wait !== undefined) {
      waiting++;
      await sleep(Number(wait));
      waiting--;
    }
    if (url === "/fail" || mode === "unhealthy") {
      response.statusCode = 503;
      response.end("not\n today\n");
    } else if (url === "/waiting") {
      response.end(`${waiting}\n`);
    } else if (url === "/connection") {
      response.end(`${request.headers.connection}\n`);
    } else response.end(`${VERSION} ${process.pid} ${length}\n`);
  });
}

function echo(request, response) {
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
}

/** RFC 6455: the handshake, and frames of fewer than 126 bytes that arrive whole. */
function upgrade(request, socket) {
  const key = request.headers["sec-websocket-key"] +
    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => {});
  if (values.echo) return socket.end();
  socket.on("data", (frame) => {
    if ((frame[0] & 0x0f) === 8) return socket.end(Buffer.from([0x88, 0]));
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6, 6 + (frame[1] & 0x7f))
      .map((byte, i) => byte ^ mask[i % 4]);
    const words = Buffer.from(`${process.pid} ${text}`);
    socket.write(Buffer.concat([Buffer.from([0x81, words.length]), words]));
  });
}

/** Where it listens, as arguments of node's `listen`. */
function addresses() {
  const pair = (host, port) => ({ host, port, backlog: Number(BACKLOG) });
  if (positionals.length > 0) {
    return positionals.map((address) => {
      const [, host, port] = /^(.*):(\d+)$/.exec(address);
      return pair(host, Number(port));
    });
  }
  if (SOCKET !== undefined) return [{ path: SOCKET }];
  if (values.socket === undefined) return [pair("127.0.0.1", PORT ?? 0)];
  const path = resolve(values.socket, `${process.pid}.sock`);
  return [{ path, readableAll: true, writableAll: true }];
}

function write(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Writes its pid and where it listens, or what `--mode` says instead. */
function tell(server) {
  console.log(`server.mjs: listens at ${Date.now()}`);
  if (mode === "serves") setTimeout(giveUp, Number(time));
  const pidFile = values["pid-file"];
  if (pidFile === undefined) return;
  const address = server.address();
  const name = address.port ?? `unix:${address}`;
  const portFile = join(dirname(pidFile), `${process.pid}.port`);
  write(pidFile, `${process.pid}\n`);
  if (mode === "dies-later") setTimeout(giveUp, 100);
  else if (mode === "garbage") write(portFile, "ready to serve\n");
  else if (mode === "wrong-port") {
    setInterval(() => {}, 1000); // keeps it running
    server.close(() => write(portFile, `${name}\n`));
  } else if (mode !== "no-port" && PORT === undefined && SOCKET === undefined) {
    write(portFile, `${name}\n`);
  }
}

if (cluster.isPrimary && values.workers !== "0") {
  for (let i = 0; i < Number(values.workers); i++) cluster.fork();
} else {
  await sleep(Number(mode === "delay" ? time : DELAY));
  for (const [i, address] of addresses().entries()) {
    if (i > 0) await sleep(Number(values.apart));
    const server = http.createServer(values.echo ? echo : answer);
    server.keepAliveTimeout = 60_000;
    server.on("upgrade", upgrade);
    server.listen(address, () => tell(server));
  }
}
