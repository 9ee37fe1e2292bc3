import { assertEquals, assertStringIncludes } from "@std/assert";
import { candidates } from "../../../lib/cli/completion/candidates.ts";
import { scriptFor, SHELL_NAMES } from "../../../lib/cli/completion/shells.ts";
import { COMMANDS } from "../../../lib/commands/commands.ts";
import { visibleCommands } from "../../../lib/cli/command.ts";
import { GLOBAL_OPTIONS } from "../../../lib/cli/options.ts";
import { findProgram } from "../../../lib/system/program.ts";
import { ZDD } from "../../support/site.ts";
import { TempDir } from "../../system/temp_dir.ts";
import { zdd } from "../run_zdd.ts";

/** With mistakes, which whoever completes a word isn't told of. */
const CONF = "[DEFAULT]\nstart: %(x\n[service:web]\n[nginx]\n" +
  "[service: api.v2 ]\n#[service:old]\n";

const NAMES = visibleCommands(COMMANDS).map(({ name }) => name);
const GLOBALS = GLOBAL_OPTIONS.map(({ name }) => `--${name}`);

/** Command lines, and what their last words can become. */
type Case = [line: string[], words: string[]];

/** What each shell is asked. */
const CASES: Case[] = [
  [[""], NAMES],
  [["deploy", "--ca"], ["--canary"]],
  [["deploy", "--service", ""], ["web", "api.v2"]],
  [["-c", "other.conf", "stop", "--service", ""], ["other"]],
  [["--color", ""], ["always", "never", "auto"]],
  [["deploy", "--release", ""], []],
];

/** What else zddeploy is asked, by any of them. */
const OTHERS: Case[] = [
  [["st"], ["start", "status", "stop"]],
  [["he"], ["help"]],
  [["x", ""], []],
  [["__comp"], []],
  [["--rel"], ["--release"]],
  [["logs", "--rel"], []],
  [["status", "-v", "--wa"], ["--watch"]],
  [["check", ""], GLOBALS],
  [["check", "x"], []],
  [["-c", "none.conf", "stop", "--service", ""], []],
  [["init", "g"], ["gunicorn", "go"]],
  [["completion", ""], ["bash", "zsh", "fish"]],
  [["completion", "bash", ""], GLOBALS],
  [["help", "dep"], ["deploy", "deploy.conf"]],
  [["init", "command", "--", ""], []],
];

function siteDirectory(): TempDir {
  const directory = new TempDir();
  directory.write("deploy.conf", CONF);
  directory.write("other.conf", "[service:other]\n");
  directory.write(
    "bin/zddeploy",
    `#!/bin/sh\nexec ${ZDD.map((word) => `'${word}'`).join(" ")} "$@"\n`,
    0o755,
  );
  return directory;
}

/** Runs a shell's script in a directory with a deploy.conf and zddeploy. Returns its lines. */
async function run(
  shell: string,
  args: string[],
  script: string,
): Promise<string[]> {
  using directory = siteDirectory();
  const file = directory.write("script", script);
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: [...args, file],
    cwd: directory.path,
    env: {
      HOME: directory.path,
      TERM: "dumb",
      PATH: `${directory.path}/bin:${Deno.env.get("PATH")}`,
    },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return decoder.decode(stdout).replace(/\n$/, "").split("\n");
}

Deno.test("__complete tells what the last word can become, and what that means", async () => {
  using directory = siteDirectory();
  const ask = async (...words: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(
      `${directory.path}/bin/zddeploy`,
      {
        args: ["__complete", "--", ...words],
        cwd: directory.path,
        stdin: "null",
      },
    ).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stderr)], [0, ""]);
    return decoder.decode(stdout).split("\n").slice(0, -1);
  };
  assertEquals(await ask("ren"), [
    "render\tprint nginx.conf for the instances that run now",
  ]);
  assertEquals(await ask("stop", "--service", ""), ["web", "api.v2"]);
  assertEquals(await ask("--conf", "x"), [":file"]);
  assertEquals(await ask("--conf=x"), [":file"]);
  assertEquals(await ask("nosuch", "x"), []);
  assertEquals(
    await ask(),
    NAMES.map((name) =>
      `${name}\t${COMMANDS.find((one) => one.name === name)?.summary}`
    ),
  );
});

Deno.test("candidates() tells words by the command, its options and deploy.conf", async () => {
  using directory = siteDirectory();
  const [web, other] = ["deploy.conf", "other.conf"]
    .map((name) => directory.join(name));
  const services: Case[] = [
    [["-c", web ?? "", "deploy", "--service", "a"], ["api.v2"]],
    [["-vc", other ?? "", "stop", "--service", ""], ["other"]],
  ];
  for (const [line, expected] of [...OTHERS, ...services]) {
    const found = await candidates(COMMANDS, line);
    const words = found === "file" ? found : found.map(({ word }) => word);
    assertEquals(words, expected, line.join(" "));
  }
});

Deno.test("candidates() understands an equal sign, as a part of a word or as bash cuts it out", async () => {
  const words = async (...line: string[]) => {
    const found = await candidates(COMMANDS, line);
    return found === "file" ? found : found.map(({ word }) => word);
  };
  assertEquals(await words("check", "--color=n"), ["--color=never"]);
  assertEquals(await words("check", "--color", "=", "n"), ["never"]);
  assertEquals(await words("--color", "="), ["always", "never", "auto"]);
  assertEquals(await words("--conf", "=", "x", "ren"), ["render"]);
  assertEquals(await words("--conf", "="), "file");
  assertEquals(await words("deploy", "--nosuch=x"), []);
});

Deno.test("bash completes commands, options and values", async () => {
  const lines = CASES.map(([words]) =>
    `COMP_WORDS=(zddeploy ${words.map((word) => `'${word}'`).join(" ")})
     COMP_CWORD=${words.length}; _zddeploy zddeploy; echo "\${COMPREPLY[*]}"`
  );
  const found = await run(
    "bash",
    ["--norc"],
    [
      scriptFor("bash"),
      ...lines,
      "COMP_WORDS=(zddeploy -c oth); COMP_CWORD=2; _zddeploy zddeploy oth",
      'echo "${COMPREPLY[*]}"',
    ].join("\n"),
  );
  CASES.forEach(([line, words], i) => {
    assertEquals(found[i], words.join(" "), line.join(" "));
  });
  assertEquals(found.at(-1), "other.conf");
});

Deno.test({
  name: "fish completes commands, options and values",
  ignore: findProgram("fish", ".") === undefined,
  async fn() {
    const found = await run(
      "fish",
      ["--no-config"],
      [
        scriptFor("fish"),
        ...[...CASES.map(([words]) => words), ["-c", "oth"]].map((words) =>
          `echo (complete -C 'zddeploy ${words.join(" ")}' | cut -f1)`
        ),
      ].join("\n"),
    );
    CASES.forEach(([line, words], i) => {
      const sorted = (found[i] ?? "").split(" ").toSorted();
      assertEquals(
        sorted,
        words.join(" ").split(" ").toSorted(),
        line.join(" "),
      );
    });
    assertEquals(found.at(-1), "other.conf");
  },
});

/** Makes zsh's own terminal-driven completion print what it was offered. */
const ZSH_OFFERS = `\
compdef() { :; }
compset() { :; }
_files() { print -r -- :file }
_describe() { local -a all=("\${(@P)2}"); print -r -- "\${(j: :)\${(@)all%%:*}}" }
`;

Deno.test({
  name: "zsh completes commands, options and values",
  ignore: findProgram("zsh", ".") === undefined,
  async fn() {
    const lines = [...CASES.map(([words]) => words), ["-c", "oth"]].map((
      words,
    ) =>
      `words=(zddeploy ${words.map((word) => `'${word}'`).join(" ")})
       CURRENT=${words.length + 1}; _zddeploy`
    );
    const found = await run(
      "zsh",
      ["-f"],
      [ZSH_OFFERS, scriptFor("zsh"), ...lines].join("\n"),
    );
    CASES.forEach(([line, words], i) => {
      assertEquals(found[i], words.join(" "), line.join(" "));
    });
    assertEquals(found.at(-1), ":file");
  },
});

Deno.test("completion has a script for each shell, and says which there are", async () => {
  for (const shell of SHELL_NAMES) {
    const { stdout } = await zdd(["completion", shell]);
    assertEquals(stdout, `${scriptFor(shell)}\n`);
  }
  const { code, stderr } = await zdd(["completion", "tcsh"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'There is no shell "tcsh"\n');
});
