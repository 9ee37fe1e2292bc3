import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../../lib/commands/commands.ts";
import { bashCompletion } from "../../../lib/cli/completion/bash.ts";
import { fishCompletion } from "../../../lib/cli/completion/fish.ts";
import { zshCompletion } from "../../../lib/cli/completion/zsh.ts";
import { findProgram } from "../../../lib/system/program.ts";
import { TempDir } from "../../system/temp_dir.ts";

const CONF = "[service:web]\n[nginx]\n[service: api.v2 ]\n#[service:old]\n";

/** Runs a shell's script in a directory with a deploy.conf. Returns its lines. */
async function run(
  shell: string,
  args: string[],
  script: string,
): Promise<string[]> {
  using directory = new TempDir();
  directory.write("deploy.conf", CONF);
  directory.write("other.conf", "[service:other]\n");
  const file = directory.write("script", script);
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: [...args, file],
    cwd: directory.path,
    env: { HOME: directory.path, TERM: "dumb" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return decoder.decode(stdout).trim().split("\n");
}

const NAMES = COMMANDS.map(({ name }) => name);

Deno.test("bash completes commands, options and values", async () => {
  const cases: [line: string[], words: string[]][] = [
    [["st"], ["start", "status", "stop"]],
    [["he"], ["help"]],
    [["deploy", "--ca"], ["--canary"]],
    [["--rel"], ["--release"]],
    [["logs", "--rel"], []],
    [["status", "-v", "--wa"], ["--watch"]],
    [["deploy", "--service", ""], ["web", "api.v2"]],
    [["-c", "other.conf", "stop", "--service", ""], ["other"]],
    [["deploy", "--release", ""], []],
    [["--color", ""], ["always", "never", "auto"]],
    [["init", "g"], ["gunicorn"]],
    [["completion", ""], ["bash", "zsh", "fish", ...GLOBALS]],
    [["help", "dep"], ["deploy", "deploy.conf"]],
    [["init", "command", "--", ""], []],
  ];
  const lines = cases.map(([words]) =>
    `COMP_WORDS=(zddeploy ${words.map((word) => `'${word}'`).join(" ")})
     COMP_CWORD=${words.length}; _zddeploy; echo "\${COMPREPLY[*]}"`
  );
  const found = await run(
    "bash",
    ["--norc"],
    [bashCompletion(), ...lines, "echo end"].join("\n"),
  );
  cases.forEach(([line, words], i) => {
    assertEquals(found[i], words.join(" "), line.join(" "));
  });
});

const GLOBALS = [
  "--conf",
  "--verbose",
  "--quiet",
  "--json",
  "--color",
  "--help",
  "--version",
];

Deno.test({
  name: "fish completes commands, options and values",
  ignore: findProgram("fish", ".") === undefined,
  async fn() {
    const lines = [
      "",
      "deploy --service ",
      "--color ",
      "help te",
      "status --wa",
    ];
    const found = await run(
      "fish",
      ["--no-config"],
      [
        fishCompletion(),
        ...lines.map((line) =>
          `complete -C 'zddeploy ${line}' | cut -f1 | string join ' '`
        ),
      ].join("\n"),
    );
    assertEquals(found[0]?.split(" "), NAMES.toSorted());
    assertEquals(
      found.slice(1),
      ["api.v2 web", "always auto never", "template", "--watch"],
    );
  },
});

Deno.test({
  name: "zsh understands its completion",
  ignore: findProgram("zsh", ".") === undefined,
  async fn() {
    assertEquals(await run("zsh", ["-f", "-n"], zshCompletion()), [""]);
  },
});
