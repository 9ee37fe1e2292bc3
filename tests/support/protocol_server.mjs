// A server for protocols other than plain HTTP/1, on PORT:
//
//   node protocol_server.mjs grpc                 HTTP/2 without TLS, as for gRPC
//   node protocol_server.mjs https KEY CERTIFICATE
//
// It answers `PID AUTHORITY`; for gRPC, in one message followed by a status. With `calls N`
// it is the client: it makes N calls over one connection to PORT, a few at a time. It
// prints the authorities and pids in the answers, and how many calls had another status.

import { readFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import process from "node:process";

const [what, ...args] = process.argv.slice(2);
const port = Number(process.env.PORT);

/** A gRPC message: not compressed, its length, and its bytes. */
function framed(text) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

function serveGrpc() {
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    const authority = headers[":authority"] ?? headers.host;
    stream.on("error", () => {});
    stream.resume().on("end", () => {
      stream.respond(
        { ":status": 200, "content-type": "application/grpc" },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => {
        stream.sendTrailers({ "grpc-status": "0" });
      });
      stream.end(framed(`${process.pid} ${authority}`));
    });
  });
  server.listen(port, "127.0.0.1");
}

function serveHttps([key, cert]) {
  https.createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) =>
      response.end(`${process.pid} ${request.headers.host}`),
  ).listen(port, "127.0.0.1");
}

async function call(session) {
  const stream = session.request({
    ":method": "POST",
    ":path": "/service/Method",
    ":authority": "example.com",
    "content-type": "application/grpc",
    te: "trailers",
  });
  let status;
  let text = "";
  stream.on("trailers", (trailers) => status = trailers["grpc-status"]);
  stream.on("data", (chunk) => text += chunk.subarray(5));
  stream.end(framed("hello"));
  await new Promise((resolve) => {
    stream.on("error", resolve);
    stream.on("close", resolve);
  });
  return status === "0" ? text : undefined;
}

async function makeCalls([count]) {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  let goAway = false;
  session.on("goaway", () => goAway = true);
  session.on("error", () => goAway = true);
  const pids = new Set();
  const authorities = new Set();
  let failed = 0;
  let left = Number(count);
  const one = async () => {
    while (left-- > 0) {
      const text = await call(session);
      if (text === undefined) failed++;
      else {
        const [pid, authority] = text.split(" ");
        pids.add(Number(pid));
        authorities.add(authority);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
  session.close();
  process.stdout.write(
    JSON.stringify({
      failed,
      goAway,
      pids: [...pids],
      authorities: [...authorities],
    }),
  );
}

if (what === "grpc") serveGrpc();
else if (what === "https") serveHttps(args);
else await makeCalls(args);
process.on("SIGTERM", () => process.exit(0));
