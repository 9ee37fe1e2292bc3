// deno-lint-ignore-file no-console -- what it prints is looked for in its log

// The tests' tiny server: it speaks the port file protocol, well or badly.
//
//   node server.mjs [PID_FILE] [MODE]
//
// MODE is how it fails, none: it is a good server; `delay:MS` is one that needs a
// while to start, `serves:MS` one that ends after so long. `VERSION` is what it answers;
// a request for /exit ends it.

import { renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import { dirname, join } from "node:path";
import process from "node:process";

const [pidFile = "web.pid", mode = "good"] = process.argv.slice(2);
const portFile = join(dirname(pidFile), `${process.pid}.port`);
const delay = Number(/^delay:(\d+)$/.exec(mode)?.[1] ?? 0);
const lifetime = /^serves:(\d+)$/.exec(mode)?.[1];

function write(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

console.log(`server.mjs: ${mode}, begins at ${Date.now()}`);
if (mode === "exit") {
  console.error("cannot find module 'left-pad'");
  process.exit(3);
}

function giveUp() {
  console.error("the database is gone");
  process.exit(4);
}

const server = http.createServer((request, response) => {
  if (request.url === "/exit") giveUp();
  const wait = Number(/^\/slow\?(\d+)/.exec(request.url)?.[1] ?? 0);
  let length = 0;
  request.on("data", (chunk) => length += chunk.length);
  request.on("end", () => {
    setTimeout(() => {
      response.end(
        request.url === "/fail" || mode === "unhealthy"
          ? (response.statusCode = 503, "not today\n")
          : `${process.env.VERSION ?? "v1"} ${process.pid} ${length}\n`,
      );
    }, wait);
  });
});

function listening() {
  console.log(`server.mjs: listens at ${Date.now()}`);
  const { port } = server.address();
  write(pidFile, `${process.pid}\n`);
  switch (mode) {
    case "no-port":
      return;
    case "garbage":
      return write(portFile, "ready to serve\n");
    case "wrong-port":
      return server.close(() => {
        setInterval(() => {}, 1000);
        write(portFile, `${port}\n`);
      });
    case "dies-later":
      return setTimeout(giveUp, 100);
    default:
      write(portFile, `${port}\n`);
      if (lifetime !== undefined) setTimeout(giveUp, Number(lifetime));
  }
}

setTimeout(() => server.listen(0, "127.0.0.1", listening), delay);

process.on("SIGTERM", () => {
  if (mode === "stays") return;
  // As rude as a server can be: zdd must have drained it.
  process.exit(0);
});
