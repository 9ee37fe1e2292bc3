import { assert, assertEquals } from "@std/assert";
import {
  readArguments,
  readFailureOptions,
  requireWords,
} from "../../lib/cli/arguments.ts";
import { candidates } from "../../lib/cli/completion/candidates.ts";
import { COMMANDS } from "../../lib/commands/commands.ts";
import { ZddError } from "../../lib/error.ts";
import { fuzz } from "./mutator.ts";
import { Site } from "../support/site.ts";

const WORDS = [
  ...["deploy", "start", "status", "check", "render", "rollback", "canary"],
  ...["promote", "abort", "stop", "logs", "history", "help", "init", "--json"],
  ...["-v", "-q", "-c", "--conf", "--conf=", "--help", "--version", "--", "-"],
  ...["--service", "--release", "--canary", "10", "101", "-1", "10%", "", "="],
  ...[
    "--lock-wait",
    "--lines",
    "--no-json",
    "--json=false",
    "--canary=",
    "-vq",
  ],
  ...["--dry-run", "--color", "--color=never", "deploy.conf", "/", "\0x", "é"],
  ...["__proto__", "--__proto__=1", "constructor", "--toString", "--nginx"],
];

fuzz(
  "a command line is understood or a mistake",
  20_000,
  async (mutator, cases) => {
    let good = 0;
    for (let i = 0; i < cases; i++) {
      const args = Array.from({ length: mutator.below(6) }, () => {
        const word = mutator.pick(WORDS);
        return mutator.below(5) === 0 ? mutator.mutate(word, WORDS) : word;
      });
      readFailureOptions(COMMANDS, args);
      if (i % 20 === 0) await candidates(COMMANDS, args);
      try {
        const { command, input } = readArguments(COMMANDS, args);
        requireWords(command, input);
        good++;
      } catch (error) {
        const what = JSON.stringify(args);
        assert(error instanceof ZddError, `${what}: ${error}`);
        assertEquals(error.exitStatus, 2, what);
      }
    }
    assert(good > 0 && good < cases, `${good} of ${cases} are good`);
  },
);

/** What must be the same whatever nonsense was run. */
const STACK = /^\s+at .*\.(ts|js):\d+/m;

fuzz(
  "nonsense in a file that zddeploy reads never ends what serves",
  24,
  async (mutator, cases) => {
    await using site = await Site.live().deployed();
    const conf = site.read("deploy.conf");
    const template = site.read("nginx.conf.template");
    // It may be renamed or exchanged by a deploy that succeeds, but is never lost.
    for (let i = 0; i < cases; i++) {
      const state = site.read(".zdd/state.json");
      const nonsense: Record<string, () => string> = {
        "deploy.conf": () => mutator.mutate(conf),
        "nginx.conf.template": () => mutator.mutate(template),
        ".zdd/state.json": () => mutator.mutate(state),
        ".zdd/journal.json": () => mutator.mutate('{"version":1,"starts":[]}'),
        "nginx.pid": () => mutator.mutate(site.read("nginx.pid")),
        ".zdd/lock": () => mutator.noise(30),
        ".zdd/history.jsonl": () => mutator.mutate('{"at":"x"}\n'),
      };
      const file = mutator.pick(Object.keys(nonsense));
      const text = nonsense[file]?.() ?? "";
      const before = file.startsWith(".zdd") && file !== ".zdd/state.json"
        ? undefined
        : site.read(file);
      Deno.writeTextFileSync(site.path(file), text);
      const args = mutator.pick([["start"], ["deploy"], ["status"], ["check"]]);
      const { code, stdout, stderr } = await site.zdd(...args);
      const what = `${args} with ${file} ${JSON.stringify(text)}:\n${stderr}`;
      assert([0, 1, 2].includes(code), `exit status ${code}, ${what}`);
      assert(!STACK.test(stdout + stderr), what);
      assert(!stderr.includes("this is a bug in zddeploy"), what);
      if (before === undefined) Deno.removeSync(site.path(file));
      else if (file !== ".zdd/state.json" && file !== "nginx.pid") {
        Deno.writeTextFileSync(site.path(file), before);
      }
      // What was mended serves as before: a template may have had another port.
      const mended = await site.zdd("deploy");
      assertEquals(mended.code, 0, `${what}\n${mended.stderr}`);
      await site.pidAt();
      assertEquals((await site.zdd("status")).code, 0, what);
    }
  },
);
