// A server that knows nothing of zdd: it listens on all addresses that it is given.
//
//   node any_server.mjs [--workers N] [--apart MS] [--ignore-term] HOST:PORT…
//
// It answers `v1 PID LENGTH`, where LENGTH is that of the request's body; to
// /fail with a 503. With workers, these answer, and share one socket. `--apart` is how
// many ms it takes its time between two addresses.

import cluster from "node:cluster";
import http from "node:http";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: {
    workers: { type: "string", default: "0" },
    apart: { type: "string", default: "0" },
    "ignore-term": { type: "boolean" },
  },
  allowPositionals: true,
});

if (values["ignore-term"]) process.on("SIGTERM", () => {});

if (cluster.isPrimary && values.workers !== "0") {
  for (let i = 0; i < Number(values.workers); i++) cluster.fork();
} else {
  for (const [i, address] of positionals.entries()) {
    if (i > 0) await setTimeout(Number(values.apart));
    const [, host, port] = /^(.*):(\d+)$/.exec(address);
    http.createServer((request, response) => {
      let length = 0;
      request.on("data", (chunk) => length += chunk.length);
      request.on("end", () => {
        if (request.url === "/fail") response.statusCode = 503;
        response.end(
          request.url === "/fail"
            ? "not\n today\n"
            : `v1 ${process.pid} ${length}\n`,
        );
      });
    }).listen(Number(port), host);
  }
}
