import { assert, assertEquals, assertMatch } from "@std/assert";
import { Site, ZDD } from "../support/site.ts";
import { isAlive } from "../support/processes.ts";
import { until } from "../support/until.ts";

/** A server that deploys its own successor when it is asked to, and answers when zddeploy has ended. */
const SERVER = `\
import { execFile } from "node:child_process";
import { createServer } from "node:http";
const [program, ...args] = JSON.parse(process.env.ZDD);
const server = createServer((request, response) => {
  if (request.url !== "/deploy") return response.end(String(process.pid));
  execFile(program, args, (error, stdout, stderr) =>
    response.end(\`\${error?.code ?? 0} \${stderr}\`));
});
server.listen(process.env.PORT, "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit()));
`;

Deno.test("a deploy that the old instance has started, and waits for, is finished when zddeploy has ended", async () => {
  const site = Site.live({
    port: "env",
    start: "node server.mjs",
    lines: [
      `env: ZDD='${JSON.stringify(ZDD)}'`,
      "drain_timeout: 60",
      "stop_timeout: 60",
    ],
    files: { "server.mjs": SERVER },
  });
  await using _ = await site.deployed();
  const old = Number((await site.get()).text);
  const { text } = await site.get("/deploy");
  assertMatch(text, /^0 /);
  assertMatch(text, new RegExp(`web: ${old} has started this deploy`));
  const serving = Number((await site.get()).text);
  assert(serving !== old);
  await until("the old one has ended", () => !isAlive(old));
  await until("nobody is left to stop", async () => {
    const pids = (await site.instances()).map(({ pid }) => pid);
    return pids.length === 1 && pids[0] === serving;
  });
  const { code } = await site.zdd("status");
  assertEquals(code, 0);
});
