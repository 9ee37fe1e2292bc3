import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { until } from "../support/until.ts";
import { TempDir } from "../system/temp_dir.ts";

const SCRIPT = fromFileUrl(new URL("./print_logs.ts", import.meta.url));

function command(follow: boolean, sources: (string | string[])[]) {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-qA", "--no-check", SCRIPT, follow ? "follow" : "once"],
      ...sources.map((source) => JSON.stringify(source)),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function shown(...sources: (string | string[])[]) {
  const { code, stdout, stderr } = await command(false, sources).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("showLogs() shows files and what commands print, and whose lines they are", async () => {
  using directory = new TempDir();
  const file = directory.write("web.log", "1\n2\n3\n");
  const print = ["printf", "a\\n\\033[31mb\\033[2J\\n"];
  assertEquals(await shown(file, print, directory.write("empty.log")), {
    code: 0,
    stdout: `==> ${file} <==\n2\n3\n==> ${print.join(" ")} <==\na\nb\n`,
    stderr: "",
  });
  assertEquals((await shown(print)).stdout, "a\nb\n");
});

Deno.test("showLogs() shows what can be read, and says what can't", async () => {
  using directory = new TempDir();
  const file = directory.write("web.log", "1\n");
  const fail = ["sh", "-c", "echo no such unit >&2; exit 3"];
  for (const bad of [directory.path, fail, ["/nonexistent"]]) {
    const { code, stdout, stderr } = await shown(bad, file);
    assertEquals([code, stdout], [1, `==> ${file} <==\n1\n`]);
    assertStringIncludes(stderr, 'zddeploy: Cannot read the log "');
  }
  assertStringIncludes((await shown(fail)).stderr, ": no such unit\n");
});

Deno.test("showLogs() goes on with files and commands, until nobody reads", async () => {
  using directory = new TempDir();
  const file = directory.write("web.log", "1\n");
  const pid = directory.join("pid");
  const tail = [
    ...["sh", "-c", 'echo $$ > "$1"; exec tail -f -n 1 "$0"'],
    ...[directory.write("other.log", "a\n"), pid],
  ];
  const child = command(true, [file, tail]).spawn();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const reads = (what: string) =>
    until(`${what} is shown`, async () => {
      text += decoder.decode((await reader.read()).value);
      return text.includes(what);
    });
  await reads("\na\n");
  Deno.writeTextFileSync(file, "2\n", { append: true });
  await reads("\n2\n");
  await reader.cancel();
  await child.stderr.cancel();
  Deno.writeTextFileSync(file, "3\n", { append: true });
  assertEquals((await child.status).code, 0);
  const ended = Number(Deno.readTextFileSync(pid));
  await until("tail is gone", () => {
    try {
      Deno.kill(ended, "SIGCONT");
      return false;
    } catch {
      return true;
    }
  });
});
