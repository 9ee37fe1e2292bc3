import { ExitStatus } from "../../error.ts";
import type { Command, Run } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { printResult } from "../output.ts";
import { formatTable } from "../table.ts";

export const run: Run = () => {
  printResult(helpText(COMMANDS));
  return ExitStatus.done;
};

function helpText(commands: Command[]): string {
  return `\
zddeploy puts a new version of a web service live without failing a request:
it starts a new instance beside the old one, waits until it serves, points nginx
at it, lets the old one finish, and stops it.

usage: zddeploy [COMMAND] [OPTIONS]

commands:
${indent(formatTable(commands.flatMap(rowsOf)))}

options:
  -c, --conf FILE  the deploy.conf (default: deploy.conf in this directory)
  -v, --verbose    show every command that is run, and the stack of a failure
  -q, --quiet      show warnings and failures only
      --json       print the result, or the failure, as JSON to stdout
  -h, --help       show this help
      --version    show the version

exit status:
  0  done, whether something changed or not
  1  failed; what served before serves on
  2  the command line, deploy.conf or the template is wrong; nothing was run
  3  another deploy of this deploy.conf is running
  4  nobody knows what serves; someone must look`;
}

function rowsOf({ name, words = [], options = [], summary }: Command) {
  return [
    [[name, ...words].join(" "), summary],
    ...options.map((
      { name, value, help },
    ) => [["  --" + name, value].join(" ").trimEnd(), help]),
  ];
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
