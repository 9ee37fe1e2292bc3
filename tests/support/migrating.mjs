// A server that can't answer while its data is being migrated: each request gets 500 while
// there is a file `migrating`, or if `schema` has another version than the server was
// started for. With the name of a pid file, it chooses its port and writes a port file.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const [version = "1", pidFile] = process.argv.slice(2);
const { PORT, SOCKET } = process.env;
const schema = () =>
  existsSync("schema") ? readFileSync("schema", "utf8").trim() : "1";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const isReady = !existsSync("migrating") && schema() === version;
    const isProbe = request.headers["user-agent"] === "zddeploy";
    response.writeHead(isReady || isProbe ? 200 : 500);
    response.end(`ok ${process.pid} ${version}\n`);
  });
});
server.listen(SOCKET ?? PORT ?? 0, () => {
  if (pidFile === undefined) return;
  writeFileSync(`${process.pid}.port`, `${server.address().port}\n`);
  writeFileSync(pidFile, `${process.pid}\n`);
});
