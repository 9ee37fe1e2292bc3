import type { Option } from "../command.ts";
import { COMMANDS } from "../../commands/commands.ts";
import { GLOBAL_OPTIONS } from "../options.ts";
import { argumentsOf, SERVICES } from "./words.ts";

/** The script that makes fish complete zddeploy's command line. */
export function fishCompletion(): string {
  const names = COMMANDS.map(({ name }) => name).join(" ");
  return `\
# fish completion for zddeploy; made by "zddeploy completion fish"
function __zddeploy_services
    set -l conf deploy.conf
    set -l words (commandline -opc)
    for i in (seq (count $words))
        contains -- $words[$i] -c --conf; and set conf $words[(math $i + 1)]
    end
    ${SERVICES}
end
function __zddeploy_first
    not __fish_seen_subcommand_from ${names}
end
complete -c zddeploy -f
${GLOBAL_OPTIONS.map((option) => line(option)).join("\n")}
${
    COMMANDS.map(({ name, summary }) =>
      `complete -c zddeploy -n __zddeploy_first -a ${name} -d ${quote(summary)}`
    ).join("\n")
  }
${COMMANDS.flatMap(commandLines).join("\n")}`;
}

function commandLines(command: typeof COMMANDS[number]): string[] {
  const { name, options = [] } = command;
  const inCommand = name === "deploy"
    // It may be left out.
    ? "__zddeploy_first; or __fish_seen_subcommand_from deploy"
    : `__fish_seen_subcommand_from ${name}`;
  const words = argumentsOf(command);
  return [
    ...options.map((option) => line(option, inCommand)),
    ...words.length === 0 ? [] : [
      `complete -c zddeploy -n ${quote(inCommand)} -a ${
        quote(words.join(" "))
      }`,
    ],
  ];
}

function line(option: Option, condition?: string): string {
  const { name, short, value, help, complete } = option;
  return [
    "complete -c zddeploy",
    ...condition === undefined ? [] : [`-n ${quote(condition)}`],
    `-l ${name}`,
    ...short === undefined ? [] : [`-s ${short}`],
    ...value === undefined ? [] : [valueOf(complete)],
    `-d ${quote(help)}`,
  ].join(" ");
}

function valueOf(complete: Option["complete"]): string {
  if (complete === "file") return "-r -F";
  if (complete === "service") return "-x -a '(__zddeploy_services)'";
  return complete === undefined ? "-x" : `-x -a ${quote(complete.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
