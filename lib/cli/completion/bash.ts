import { COMMANDS } from "../../commands/commands.ts";
import {
  argumentsOf,
  optionsOf,
  SERVICES,
  spellings,
  valuedOptions,
} from "./words.ts";

/** The script that makes bash complete zddeploy's command line. */
export function bashCompletion(): string {
  const commands = COMMANDS.map(({ name }) => name);
  const valued = valuedOptions();
  const names = (complete: unknown) =>
    valued.filter((option) => option.complete === complete).flatMap(spellings);
  const lists = valued.filter(({ complete }) => Array.isArray(complete));
  return `\
# bash completion for zddeploy; made by "zddeploy completion bash"
_zddeploy() {
    local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}"
    local command="" conf=deploy.conf words="" i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "\${COMP_WORDS[i]}" in
            ${names("file").join("|")}) conf="\${COMP_WORDS[++i]}" ;;
            ${
    valued.flatMap(spellings).filter((name) => !names("file").includes(name))
      .join("|")
  }) ((i++)) ;;
            --) return ;;
            -*) ;;
            *) command="\${command:-\${COMP_WORDS[i]}}" ;;
        esac
    done
    case "$before" in
        ${names("file").join("|")})
            COMPREPLY=($(compgen -f -- "$word"))
            return ;;
        ${names("service").join("|")})
            COMPREPLY=($(compgen -W "$(${SERVICES})" -- "$word"))
            return ;;
${
    lists.map((option) =>
      `        ${spellings(option).join("|")})
            COMPREPLY=($(compgen -W "${
        [...option.complete ?? []].join(" ")
      }" -- "$word"))
            return ;;\n`
    ).join("")
  }        ${names(undefined).join("|")}) return ;;
    esac
    case "$command" in
        "") words="${[...commands, ...wordsOf("deploy")].join(" ")}" ;;
${
    COMMANDS.map((command) =>
      `        ${command.name}) words="${
        [...argumentsOf(command), ...wordsOf(command.name)].join(" ")
      }" ;;\n`
    ).join("")
  }    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _zddeploy zddeploy`;
}

/** The long options of a command. */
function wordsOf(name: string): string[] {
  return COMMANDS.filter((command) => command.name === name)
    .flatMap(optionsOf).map(({ name }) => `--${name}`);
}
