import { assert, assertEquals } from "@std/assert";
import { markLogs, wordsSince } from "../../lib/nginx/error_log.ts";
import { identify, type ProcessId } from "../../lib/system/process.ts";
import { TempDir } from "../system/temp_dir.ts";

const MASTER: ProcessId = { pid: 4711, startTime: 1, boot: "b" };

/** What is read of a log to which these lines were added. */
function words(...lines: string[]) {
  using directory = new TempDir();
  const old = "2026/11/23 17:30:00 [emerg] 4711#4711: old\n";
  const file = directory.write("error.log", old);
  const marks = [{ file, offset: old.length }];
  Deno.writeTextFileSync(file, lines.join("\n") + "\n", { append: true });
  return wordsSince(marks, MASTER);
}

function line(level: string, text: string, pid = 4711): string {
  return `2026/11/23 17:31:00 [${level}] ${pid}#${pid}: ${text}`;
}

Deno.test("markLogs() finds the ends of the logs that a process has open", () => {
  using directory = new TempDir();
  const path = directory.write("error.log", "12345");
  using _file = Deno.openSync(path, { append: true });
  const self = identify(Deno.pid);
  assert(self !== undefined);
  const mark = markLogs(self).find(({ file }) => file === path);
  assertEquals(mark, { file: path, offset: 5 });
  Deno.writeTextFileSync(path, `\n${line("emerg", "x", Deno.pid)}\n`, {
    append: true,
  });
  assertEquals(wordsSince(markLogs(self), self), []);
  assertEquals(wordsSince(mark ? [mark] : [], self), ["[emerg] x"]);
});

Deno.test("wordsSince() reads what the master logged, not what others did", () => {
  const found = words(
    line("notice", "signal process started"),
    line("error", "one"),
    line("emerg", "of a worker", 4712),
    line("crit", "two \x1b[2J\x85"),
    "line [emerg] 4711#1: of something else",
  );
  assertEquals(found, ["[error] one", "[crit] two \\x85"]);
});

Deno.test("wordsSince() tells once what nginx tries five times", () => {
  const failed = line("emerg", "bind() to 0.0.0.0:80 failed (98: In use)");
  assertEquals(words(failed, failed).length, 1);
});

Deno.test("wordsSince() finds the master's words in a busy log", () => {
  const others = Array.from(
    { length: 2000 },
    (_, i) => line("error", `upstream prematurely closed ${i}`, 4712),
  );
  assertEquals(words(...others, line("emerg", "x")), ["[emerg] x"]);
});

Deno.test("wordsSince() bears a log that is gone or was cut", () => {
  using directory = new TempDir();
  const file = directory.write("error.log", "short\n");
  const none: string[] = [];
  assertEquals(wordsSince([{ file, offset: 1000 }], MASTER), none);
  assertEquals(
    wordsSince([{ file: directory.join("none"), offset: 0 }], MASTER),
    none,
  );
  assertEquals(wordsSince([], MASTER), none);
});
