import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  readArguments,
  readFailureOptions,
  requireWords,
} from "../../lib/cli/arguments.ts";
import { COMMANDS } from "../../lib/commands/commands.ts";
import { ZddError } from "../../lib/error.ts";

function wordsOf(line: string): string[] {
  return line.split(" ").filter((word) => word !== "");
}

/** Reads a command line without quotes. */
function read(line: string) {
  return readArguments(COMMANDS, wordsOf(line));
}

function refused(line: string): ZddError {
  const error = assertThrows(() => {
    const { command, input } = read(line);
    requireWords(command, input);
  }, ZddError);
  assertEquals(error.exitStatus, 2);
  return error;
}

Deno.test("readArguments() finds the command behind options and their values", () => {
  for (
    const line of [
      "status",
      "-c x status",
      "--conf=x --color never status -v",
      "-vc x status",
    ]
  ) assertEquals(read(line).command.name, "status", line);
  assertEquals(read("").command.name, "deploy");
  assertEquals(read("--service status").command.name, "deploy");
  assertEquals(read("-q").command.name, "deploy");
});

Deno.test("readArguments() reads global options wherever they stand", () => {
  for (
    const line of [
      "-c a/b -v -q --json --color always check",
      "check -c a/b -vq --json --color=always",
    ]
  ) {
    assertEquals(read(line).options, {
      conf: "a/b",
      verbose: true,
      quiet: true,
      json: true,
      color: "always",
    });
  }
  assertEquals(read("check").options, {
    conf: "deploy.conf",
    verbose: false,
    quiet: false,
    json: false,
    color: "auto",
  });
  assertEquals([read("-h").help, read("--version").version], [true, true]);
});

Deno.test("readArguments() reads a command's own options, as often as they stand there", () => {
  const { input } = read("deploy --service a --service=b --release 007");
  assertEquals(input, {
    words: [],
    rest: [],
    values: { service: ["a", "b"], release: ["007"] },
    flags: [],
  });
});

Deno.test("readArguments() understands a short option as the command has it", () => {
  assertEquals(read("logs -n 5 -f").input.values, { lines: ["5"] });
  assertEquals(read("logs -n 5 -f").input.flags, ["follow"]);
  assertEquals(read("status -wn 5").input.values, { interval: ["5"] });
  assertEquals(read("status -wn 5").input.flags, ["watch"]);
});

Deno.test("readArguments() leaves what stands behind -- alone", () => {
  const { input } = read("init command -- ./serve --port {port} -v --json");
  assertEquals(input.words, ["command"]);
  assertEquals(input.rest, ["./serve", "--port", "{port}", "-v", "--json"]);
  assert(!read("init command -- x -v").options.verbose);
});

Deno.test("readArguments() refuses what it doesn't know, and says what was meant", () => {
  const cases: [line: string, message: string, hint?: string][] = [
    ["chekc", 'There is no command "chekc"', 'did you mean "check"?'],
    ["check --jsno", 'There is no option "--jsno"', 'did you mean "--json"?'],
    [
      "deploy --relase=1",
      'There is no option "--relase"',
      'did you mean "--release"?',
    ],
    ["-x", 'There is no option "-x"'],
    ["-_/x render", 'There is no option "-_/x"'],
    ["check --canary 5", 'check has no option "--canary"'],
    ["check -f", 'check has no option "-f"'],
    ["status -n", "--interval takes a value"],
    ["deploy --release --json", "--release takes a value"],
    ["check --conf", "--conf takes the path of one deploy.conf"],
    ["check -c a -c b", "--conf takes the path of one deploy.conf"],
    [
      "check --color green",
      'Expected always, never or auto for --color, got "green"',
    ],
    [
      "logs --since -1h",
      'There is no option "-1h"',
      'a value that begins with "-" needs an equal sign, such as --since=-1h',
    ],
    [
      "pause npm run migrate",
      'pause takes its command after "--"',
      "zddeploy pause -- npm run migrate",
    ],
    ["check web", 'check takes no argument, got "web"'],
    ["canary", "canary takes PERCENT, got none"],
    ["canary 1 2", 'canary takes PERCENT, got "1 2"'],
    ["init a b", 'init takes [KIND], got "a b"'],
    ["check -- x", 'check takes nothing after "--"'],
  ];
  for (const [line, message, hint] of cases) {
    const error = refused(line);
    assertEquals(error.message, message, line);
    if (hint !== undefined) assertEquals(error.hint, hint);
  }
});

Deno.test("requireWords() lets words be left out that stand in brackets", () => {
  for (const line of ["init", "init node", "help", "help deploy", "canary 5"]) {
    const { command, input } = read(line);
    requireWords(command, input);
  }
});

Deno.test("readFailureOptions() understands them even if the command line is wrong", () => {
  const cases: [
    line: string,
    json: boolean,
    verbose: boolean,
    color: string,
  ][] = [
    ["chekc --color never --json", true, false, "never"],
    ["--nonsense --color=always -v", false, true, "always"],
    ["--color never --color always check x", false, false, "always"],
    ["-qv status --interval", false, true, "auto"],
    ["--color green --json", true, false, "auto"],
    ["--color", false, false, "auto"],
    ["init command x -- --json -v --color never", false, false, "auto"],
  ];
  for (const [line, json, verbose, color] of cases) {
    assertEquals(
      readFailureOptions(COMMANDS, wordsOf(line)),
      { json, verbose, color },
      line,
    );
  }
});
