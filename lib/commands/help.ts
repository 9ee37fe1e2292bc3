import type { Command } from "../cli/command.ts";
import { printResult } from "../cli/output.ts";
import { either } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";

export const help: Command = {
  name: "help",
  anywhere: true,
  words: ["[TOPIC]"],
  async complete({ commands }) {
    const { TOPIC_NAMES } = await import("../cli/help/help.ts");
    return [...commands.map(({ name }) => name), ...TOPIC_NAMES];
  },
  summary: "show this help, or help on a command or a topic",
  options: [{ name: "man", help: "print all of it as a man page" }],
  async about() {
    const { TOPIC_NAMES } = await import("../cli/help/help.ts");
    return [`TOPIC is a command, or ${either(TOPIC_NAMES)}.`];
  },
  examples: [
    "zddeploy help deploy.conf",
    "zddeploy help --man > /usr/local/share/man/man1/zddeploy.1",
  ],
  async run(options, { words: [name], flags }, commands) {
    const { manPage, printHelp } = await import("../cli/help/help.ts");
    if (!flags.includes("man")) await printHelp(commands, name, options);
    else printResult((await manPage(commands)).trimEnd());
    return ExitStatus.done;
  },
};
