import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { findProgram } from "../../lib/system/program.ts";
import { Site, ZDD } from "../support/site.ts";
import { until } from "../support/until.ts";

const HAS_SCRIPT = findProgram("script", ".") !== undefined;

/** What `deno run` itself draws, before the source is read. */
const DENO_RUN = /^(?:.\[0G.\[2K.\[J)+/;

/** Runs zddeploy on a terminal, script(1)'s. Returns all that is drawn there. */
async function onTerminal(
  site: Site,
  args: string[],
  env = "TERM=xterm LANG=C.UTF-8 NO_COLOR=",
): Promise<string> {
  const command = `stty cols 60 rows 24; ${env} ${[...ZDD, ...args].join(" ")}`;
  const { stdout } = await site
    .command("script", "-qec", command, "/dev/null").output();
  return new TextDecoder().decode(stdout).replaceAll("\r\n", "\n")
    .replace(DENO_RUN, "");
}

// What colours and what moves the cursor, as zdd uses them.
const ESCAPE = "\u001b\\[";
const COLOR = new RegExp(`${ESCAPE}\\d+m`, "g");
const ERASURE = new RegExp(`(${ESCAPE}\\d+F${ESCAPE}J)`);

/** The text that stands there in the end, as far as it is erased line by line. */
function whatStays(drawn: string): string[] {
  const lines: string[] = [];
  for (const part of drawn.split(ERASURE)) {
    const rows = ERASURE.test(part) ? Number(/\d+/.exec(part)?.[0]) : undefined;
    if (rows !== undefined) lines.splice(lines.length - rows);
    else lines.push(...part.replace(COLOR, "").split("\n").slice(0, -1));
  }
  return lines;
}

Deno.test({
  name:
    "on a terminal, progress is drawn in place, and what has happened stays",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using site = Site.classic({ mode: "delay:500" });
    const drawn = await onTerminal(site, []);
    assertMatch(drawn, /⠋|⠙/);
    const lines = whatStays(drawn);
    assertEquals(lines.length, 3, lines.join("\n"));
    assertMatch(lines[0] ?? "", /^✓ web: started \d+ on \S+ \(.*\)$/);
    assertMatch(lines[1] ?? "", /^✓ nginx: started \d+ \(.*\)$/);
    assertMatch(lines[2] ?? "", /^deployed in /);
  },
});

Deno.test({
  name: "on a terminal, a failure stands below the progress",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using site = Site.classic({ mode: "exit" });
    const lines = whatStays(await onTerminal(site, []));
    assertMatch(lines[0] ?? "", /^zddeploy: web didn't start/);
    assert(!lines.join("\n").includes("working"), lines.join("\n"));
  },
});

Deno.test({
  name: "NO_COLOR, --color, -q and a dumb terminal are obeyed",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using site = await Site.classic().deployed();
    const colors = (text: string) =>
      text.includes("\u001b[3") || text.includes("\u001b[1m");
    const plain = "TERM=xterm LANG=C NO_COLOR=1";
    assert(colors(await onTerminal(site, ["status"])));
    assert(!colors(await onTerminal(site, ["status"], plain)));
    assert(colors(await onTerminal(site, ["status", "--color=always"], plain)));
    const ascii = await onTerminal(site, [], plain);
    assertMatch(ascii, /^[^✓⠋]*\* nginx: reloaded/);
    const dumb = await onTerminal(site, [], "TERM=dumb");
    assertMatch(dumb, /web: started .*\nnginx: reloaded .*\nweb: drained /);
    assert(!dumb.includes("\u001b") && !dumb.includes("working"), dumb);
    assertEquals(await onTerminal(site, ["-q"]), "");
  },
});

Deno.test({
  name:
    "status --watch draws in place until it is interrupted, and leaves the last one",
  ignore: !HAS_SCRIPT,
  async fn() {
    await using site = await Site.classic().deployed();
    // Something that writes to the terminal as Ctrl-C would.
    const drawn = await onTerminal(
      site,
      [
        "status",
        "--watch",
        "-n",
        "0.2",
        "&",
        "sleep",
        "4;",
        "kill",
        "-INT",
        "$!;",
        "wait",
        "$!",
      ],
    );
    assertStringIncludes(drawn, "\u001b[?1049h");
    const [, after = ""] = drawn.split("\u001b[?1049l");
    assertMatch(after, /^\S*SERVICE/);
    assert(drawn.split("\u001b[H").length > 3, drawn);
  },
});

Deno.test("status --watch --json prints a document a line, until nobody reads them", async () => {
  await using site = await Site.classic().deployed();
  const child = site.zddCommand("status", "--watch", "--json", "-n", "0.05")
    .spawn();
  const reader = child.stdout.getReader();
  let text = "";
  await until("it has printed three", async () => {
    text += new TextDecoder().decode((await reader.read()).value);
    return text.split("\n").length > 3;
  });
  for (const line of text.split("\n").slice(0, 3)) {
    assertEquals(JSON.parse(line).ok, true);
  }
  await reader.cancel();
  await child.stderr.cancel();
  assertEquals((await child.status).code, 0);
});

Deno.test("logs -f goes on with what is printed", async () => {
  await using site = await Site.classic().deployed();
  const child = site.zddCommand("logs", "-n", "1", "-f").spawn();
  const reader = child.stdout.getReader();
  let text = "";
  const read = async () => {
    text += new TextDecoder().decode((await reader.read()).value);
    return text;
  };
  await until("the last line", async () => (await read()).includes("listens"));
  Deno.writeTextFileSync(site.path(".zdd/log/web.log"), "more\n", {
    append: true,
  });
  await until("the next one", async () => (await read()).includes("more\n"));
  assertEquals(text.includes("begins"), false);
  child.kill("SIGKILL");
  await reader.cancel();
  await child.stderr.cancel();
  await child.status;
});

Deno.test({
  name: "on a terminal, init asks whether lines go into .gitignore",
  ignore: !HAS_SCRIPT,
  async fn() {
    for (const [answer, isAdded] of [["y", true], ["n", false]] as const) {
      await using site = Site.create({ "server.js": "", ".git/HEAD": "" });
      const zdd = [...ZDD, "init", `--listen=${site.port}`].join(" ");
      const { stdout } = await site.command(
        "sh",
        "-c",
        `(sleep 1; echo ${answer}; sleep 1) | script -qec "${zdd}" /dev/null`,
      ).output();
      const drawn = new TextDecoder().decode(stdout);
      assertStringIncludes(drawn, "add /.zdd/ /nginx.conf ");
      assertEquals(site.exists(".gitignore"), isAdded, drawn);
    }
  },
});
