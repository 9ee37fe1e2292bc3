import type { Command } from "../cli/command.ts";
import { TOPIC_NAMES } from "../cli/help/topics.ts";
import { printResult } from "../cli/output.ts";
import { either } from "../cli/usage.ts";
import { ExitStatus } from "../error.ts";

export const help: Command = {
  name: "help",
  words: ["[TOPIC]"],
  complete: ({ commands }) => [
    ...commands.map(({ name }) => name),
    ...TOPIC_NAMES,
  ],
  summary: "show this help, or that of a command or a topic",
  options: [{ name: "man", help: "print all of it as a man page" }],
  about: [
    `TOPIC is a command, or ${either(TOPIC_NAMES)}.`,
  ],
  examples: [
    "zddeploy help deploy.conf",
    "zddeploy help --man > /usr/local/share/man/man1/zddeploy.1",
  ],
  async run(options, { words: [name], flags }, commands) {
    if (flags.includes("man")) {
      const { manPage } = await import("../cli/help/man_page.ts");
      printResult((await manPage(commands)).trimEnd());
    } else {
      const { printHelp } = await import("../cli/help/help.ts");
      await printHelp(commands, name, options);
    }
    return ExitStatus.done;
  },
};
