// The service of `deno task thousand`: a process that starts workers and lets them answer on
// PORT. At SIGUSR2 it starts another worker, and lets the old one end when that listens; at
// SIGTERM it ends at once. It answers `v1 PID LENGTH`: its own pid, and the length of the
// request's body.

import cluster from "node:cluster";
import http from "node:http";
import net from "node:net";
import process from "node:process";

if (cluster.isPrimary) {
  cluster.fork();
  let restarting = false; // one at a time
  process.on("SIGUSR2", () => {
    if (restarting) return;
    restarting = true;
    const old = Object.values(cluster.workers);
    cluster.fork().once("listening", () => {
      for (const worker of old) {
        if (worker.isConnected()) worker.send("end", () => {}); // it may be gone
      }
      restarting = false;
    });
  });
  process.on("SIGTERM", () => process.exit(0));
} else {
  let ending = false;
  const server = http.createServer((request, response) => {
    let length = 0;
    request.on("data", (chunk) => length += chunk.length);
    request.on("end", () => {
      if (ending) response.setHeader("Connection", "close");
      response.end(`v1 ${process.ppid} ${length}\n`);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(Number(process.env.PORT), "127.0.0.1");
  process.on("message", () => {
    ending = true;
    // http's own close() would close idle connections, on which a request may be coming.
    net.Server.prototype.close.call(server, () => {
      // The first process may just have handed it one more connection, which it refuses
      // so that another worker gets it.
      setTimeout(() => process.exit(0), 1000);
    });
  });
}
