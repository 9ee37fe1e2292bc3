import { assertEquals } from "@std/assert";
import {
  leadTo,
  ownLog,
  ownLogs,
  removeOldLogs,
} from "../../lib/instance/own_log.ts";
import { TempDir } from "../system/temp_dir.ts";

/** Writes logs of a service, each older than the one before. */
function logsIn(directory: TempDir, ids: string[]): string[] {
  const service = { stateDir: directory.path, name: "web" };
  return ids.map((id, i) => {
    const log = ownLog(service, id);
    Deno.mkdirSync(directory.join("log/web"), { recursive: true });
    Deno.writeTextFileSync(log, id);
    const at = new Date(Date.now() - i * 60_000);
    Deno.utimeSync(log, at, at);
    return log;
  });
}

Deno.test("leadTo() leads people to a log, and keeps the file that was in the link's place", () => {
  using directory = new TempDir();
  const [one = "", two = ""] = logsIn(directory, ["web-1", "web-2"]);
  const link = directory.join("log/web.log");
  Deno.writeTextFileSync(link, "of an earlier zdd");
  leadTo(link, one);
  assertEquals(Deno.readLinkSync(link), "web/web-1.log");
  assertEquals(directory.read("log/web/earlier.log"), "of an earlier zdd");
  leadTo(link, two);
  assertEquals(Deno.readTextFileSync(link), "web-2");
  Deno.removeSync(link);
  Deno.mkdirSync(directory.join("log/web.log/full"), { recursive: true });
  leadTo(link, one); // nothing depends on it
  assertEquals([...Deno.readDirSync(directory.join("log"))].length, 2);
});

Deno.test("removeOldLogs() keeps the newest five, and those that are used", () => {
  using directory = new TempDir();
  const service = { stateDir: directory.path, name: "web" };
  assertEquals(ownLogs(service), []);
  removeOldLogs(service, []);
  const ids = Array.from({ length: 8 }, (_, i) => `web-${i}`);
  const logs = logsIn(directory, ids);
  directory.write("log/web/web-6.log.1.gz", "");
  directory.write("log/web/web-7.log.1", "");
  const used = logs.slice(7);
  removeOldLogs(service, used);
  assertEquals(ownLogs(service), [...logs.slice(0, 5), ...used]);
  assertEquals(
    directory.names().length + [...Deno.readDirSync(directory.join("log/web"))]
      .filter(({ name }) => name.includes(".log.")).length,
    2,
  );
});
