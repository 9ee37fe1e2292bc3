import { type Command, visibleCommands } from "../command.ts";
import { GLOBAL_OPTIONS, optionTerm } from "../options.ts";
import { VERSION } from "../../text/version.ts";
import { aboutCommand, usageOf } from "./command_help.ts";
import type { Block } from "./document.ts";
import { INTRODUCTION } from "./overview.ts";
import { renderRoff, sectionTitle } from "./roff.ts";
import { TOPICS } from "./topics.ts";

/** The man page zddeploy(1), from the same texts as the help. */
export async function manPage(commands: readonly Command[]): Promise<string> {
  const about = await Promise.all(
    visibleCommands(commands).map(async (command): Promise<Block[]> => [
      { heading: usageOf(command).replace(/^zddeploy /, "") },
      { text: `${command.summary}.` },
      ...await aboutCommand(command),
    ]),
  );
  const sections: [title: string, blocks: readonly Block[]][] = [
    ["synopsis", [{ text: "`zddeploy` [COMMAND] [OPTIONS]" }]],
    ["description", [{ text: INTRODUCTION }]],
    ["options", [{
      items: GLOBAL_OPTIONS.map((option) =>
        [optionTerm(option), option.help] as const
      ),
    }]],
    ["commands", about.flat()],
    ...Object.entries(TOPICS).map(([name, { blocks }]) =>
      [name.replace("-", " "), blocks] as [string, readonly Block[]]
    ),
  ];
  return [
    // Without a date, so that the page of a version is reproducible.
    `.TH ZDDEPLOY 1 "" "zdd ${VERSION}"\n`,
    `${sectionTitle("name")}zddeploy \\- put a web service live without ` +
    "failing a request\n",
    ...sections.map(([title, blocks]) =>
      sectionTitle(title) + renderRoff(blocks)
    ),
  ].join("");
}
