import { assert, assertEquals } from "@std/assert";
import { COMMANDS, TOPICS } from "../../../lib/commands/commands.ts";
import { ABOUT } from "../../../lib/cli/help/about_commands.ts";
import { renderText } from "../../../lib/cli/help/document.ts";
import { manPage } from "../../../lib/cli/help/man_page.ts";
import { topicHelp } from "../../../lib/cli/help/topics.ts";
import { GLOBAL_OPTIONS } from "../../../lib/cli/options.ts";
import { readArguments } from "../../../lib/cli/arguments.ts";
import { HOOK_KEYS, KEYS } from "../../../lib/config/keys.ts";
import { ExitStatus } from "../../../lib/error.ts";
import { findProgram } from "../../../lib/system/program.ts";
import { zdd } from "../run_zdd.ts";

Deno.test("help has every command, global option, topic and exit status, within 80 columns", async () => {
  const { code, stdout, stderr } = await zdd(["help"]);
  assertEquals([code, stderr], [0, ""]);
  for (const { name, summary } of COMMANDS) {
    assert(
      new RegExp(`^  ${name} .* ${summary.split(" ")[0]}`, "m").test(stdout),
    );
  }
  for (const { name } of GLOBAL_OPTIONS) assert(stdout.includes(`--${name}`));
  for (const topic of TOPICS) assert(stdout.includes(`\n  help ${topic} `));
  for (const status of Object.values(ExitStatus)) {
    assert(stdout.includes(`\n  ${status}  `), `${status}`);
  }
  assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
  assertEquals((await zdd(["--help"])).stdout, stdout);
});

Deno.test("help COMMAND and COMMAND --help are the same, with all options and examples", async () => {
  const outcomes = await Promise.all(COMMANDS.map(async (command) => ({
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

Deno.test("help has a text for every command, and none for others", () => {
  assertEquals(
    Object.keys(ABOUT).sort(),
    COMMANDS.map(({ name }) => name).sort(),
  );
});

Deno.test("help shows only examples that zddeploy understands", () => {
  for (const { examples } of Object.values(ABOUT)) {
    for (const example of examples) {
      const words = /\bzddeploy\b *([^|>&]*)/.exec(example)?.[1] ?? "none";
      readArguments(words.split(" ").filter((word) => word !== ""));
    }
  }
});

Deno.test("help deploy.conf has every key with what it means", () => {
  const text = renderText(topicHelp("deploy.conf"), { width: 10_000 });
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
  const text = renderText(topicHelp("hooks"));
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

Deno.test("the man page has all that the help has", () => {
  const page = manPage().replaceAll("\\-", "-");
  for (const { name, options = [] } of COMMANDS) {
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
    await writer.write(new TextEncoder().encode(manPage()));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const page = new TextDecoder().decode(stdout);
    assert(page.includes("put a web service live"), page);
  },
});
