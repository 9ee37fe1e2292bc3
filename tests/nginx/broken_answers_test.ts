import { assert, assertEquals } from "@std/assert";
import { BrokenAnswers } from "../../lib/nginx/broken_answers.ts";
import { workersOf } from "../../lib/nginx/master.ts";
import { Nginx } from "../../lib/nginx/nginx.ts";
import { RealNginx } from "./real_nginx.ts";

Deno.test("look() finds the connections whose answers broke off, whatever clients write into a log", async () => {
  await using real = new RealNginx();
  const master = await new Nginx(real.config, real.stateDir).start();
  const [worker] = workersOf(master);
  assert(worker !== undefined);
  const broken = new BrokenAnswers(master);
  const write = (text: string) =>
    Deno.writeTextFileSync(real.errorLog, text, { append: true });
  const begin = (level: string, pid: number, connection: number) =>
    `2026/11/23 17:31:00 [${level}] ${pid}#${pid}: *${connection} `;
  const { pid } = worker.process;
  const closed =
    "upstream prematurely closed connection while reading upstream";
  const line = `${begin("error", pid, 7)}${closed}, client: 1, request: "x"\n`;
  write(line);
  assertEquals(broken.look(), [7]);
  assertEquals(broken.look(), []);
  for (
    const other of [
      `${begin("info", pid, 8)}${closed}, client: 1\n`,
      `${begin("error", 1, 8)}${closed}, client: 1\n`,
      `${
        begin("error", pid, 8)
      }open() failed, client: 1, request: "${closed}, client: "\n`,
      `${begin("error", pid, 8)}"${closed}, client: 1\n`,
      `127.0.0.1 ${line}`,
      `${
        begin("error", pid, 8)
      }recv() failed while reading response header from upstream, client: 1\n`,
    ]
  ) {
    write(other);
    assertEquals(broken.look(), [], other);
  }
  // A line that isn't whole yet.
  write(line.slice(0, 60));
  assertEquals(broken.look(), []);
  write(
    line.slice(60) +
      `${
        begin("error", pid, 9)
      }recv() failed (104: Connection reset by peer) while reading upstream, client: 1\n`,
  );
  assertEquals(broken.look(), [7, 9]);
  Deno.truncateSync(real.errorLog);
  write(line);
  assertEquals(broken.look(), [7]);
});

Deno.test("without an nginx no answers break off", () => {
  assertEquals(new BrokenAnswers(undefined).look(), []);
});
