import { assert, assertEquals } from "@std/assert";
import { visibleCommands } from "../../../lib/cli/command.ts";
import { renderText } from "../../../lib/cli/help/document.ts";
import { manPage } from "../../../lib/cli/help/man_page.ts";
import { TOPIC_NAMES, topicOf } from "../../../lib/cli/help/topics.ts";
import { GLOBAL_OPTIONS } from "../../../lib/cli/options.ts";
import { readArguments } from "../../../lib/cli/arguments.ts";
import { COMMANDS } from "../../../lib/commands/commands.ts";
import { KEYS } from "../../../lib/config/keys.ts";
import { HOOK_KEYS } from "../../../lib/config/keys/deploy.ts";
import { ExitStatus } from "../../../lib/error.ts";
import { findProgram } from "../../../lib/system/program.ts";
import { zdd } from "../run_zdd.ts";

const SHOWN = visibleCommands(COMMANDS);

/** The text of a topic. */
function topicText(name: string, width?: number): string {
  return renderText(topicOf(name, []).blocks, { width });
}

Deno.test("help has every command, global option, topic and exit status, within 80 columns", async () => {
  const { code, stdout, stderr } = await zdd(["help"]);
  assertEquals([code, stderr], [0, ""]);
  for (const { name, summary } of SHOWN) {
    assert(
      new RegExp(`^  ${name} .* ${summary.split(" ")[0]}`, "m").test(stdout),
    );
  }
  for (const { name } of GLOBAL_OPTIONS) assert(stdout.includes(`--${name}`));
  for (const topic of TOPIC_NAMES) {
    assert(stdout.includes(`\n  help ${topic} `));
  }
  for (const status of Object.values(ExitStatus)) {
    assert(stdout.includes(`\n  ${status}  `), `${status}`);
  }
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  assertEquals((await zdd(["--help"])).stdout, stdout);
});

Deno.test("help COMMAND and COMMAND --help are the same, with all options and examples", async () => {
  const outcomes = await Promise.all(SHOWN.map(async (command) => ({
    command,
    help: await zdd(["help", command.name]),
    option: await zdd([command.name, "--help"]),
  })));
  for (const { command: { name, options = [] }, help, option } of outcomes) {
    assertEquals(help.code, 0);
    assertEquals(option, help);
    assert(help.stdout.startsWith(`usage: zddeploy ${name}`), help.stdout);
    for (const { name } of [...options, ...GLOBAL_OPTIONS]) {
      assert(help.stdout.includes(`--${name}`), `${name}: ${name}`);
    }
    assert(help.stdout.includes("\nexamples:\n    "), help.stdout);
  }
});

Deno.test("help shows nothing of hidden commands, and they aren't suggested", async () => {
  const hidden = COMMANDS.filter(({ hidden }) => hidden);
  assert(hidden.length > 0);
  const { stdout } = await zdd(["help"]);
  for (const { name } of hidden) {
    assert(!stdout.includes(name));
    assertEquals((await zdd(["help", name])).code, 2);
    const slip = await zdd([name.slice(0, -1)]);
    assert(!slip.stderr.includes(`"${name}"`), slip.stderr);
  }
});

Deno.test("help shows only examples that zddeploy understands", () => {
  for (const { examples } of COMMANDS) {
    for (const example of examples) {
      const words = /\bzddeploy\b *([^|>&]*)/.exec(example)?.[1] ?? "none";
      readArguments(COMMANDS, words.split(" ").filter((word) => word !== ""));
    }
  }
});

Deno.test("help deploy.conf has every key with what it means", () => {
  const text = topicText("deploy.conf", 10_000);
  for (const keys of Object.values(KEYS)) {
    for (const [name, key] of Object.entries(keys)) {
      const meaning = key.meaning.replaceAll("`", "");
      const line = text.split("\n").find((line) =>
        line.startsWith(`  ${name} `) && line.includes(meaning)
      );
      assert(line !== undefined, name);
      if ("default" in key && key.default !== "") {
        assert(line.endsWith(`(default: ${key.default})`), line);
      }
    }
  }
});

Deno.test("help hooks has every hook", () => {
  const text = topicText("hooks");
  for (const hook of Object.keys(HOOK_KEYS)) {
    assert(text.includes(`\n  ${hook} `), hook);
  }
});

Deno.test("help suggests the nearest topic", async () => {
  const { code, stdout, stderr } = await zdd(["help", "deploy.cnf"]);
  assertEquals([code, stdout], [2, ""]);
  assertEquals(
    stderr,
    'zddeploy: There is no help topic "deploy.cnf"\n' +
      'hint: did you mean "deploy.conf"?\n',
  );
});

Deno.test("the man page has all that the help has", async () => {
  const page = (await manPage(COMMANDS)).replaceAll("\\-", "-");
  for (const { name, options = [] } of SHOWN) {
    assert(page.includes(`\n.SS ${name}`), name);
    for (const { name } of options) assert(page.includes(`--${name}`), name);
  }
  for (const keys of Object.values(KEYS)) {
    for (const name of Object.keys(keys)) {
      assert(page.includes(`.TP\n\\fB${name}\\fR\n`), name);
    }
  }
});

Deno.test({
  name: "man finds nothing wrong with the man page",
  ignore: findProgram("groff", ".") === undefined,
  async fn() {
    const child = new Deno.Command("groff", {
      args: ["-ww", "-man", "-Tutf8", "-Kutf8"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(await manPage(COMMANDS)));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const page = new TextDecoder().decode(stdout);
    assert(page.includes("put a web service live"), page);
  },
});
