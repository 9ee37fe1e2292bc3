import type { Option } from "../command.ts";
import { COMMANDS } from "../../commands/commands.ts";
import { GLOBAL_OPTIONS } from "../options.ts";
import { argumentsOf, optionsOf, SERVICES } from "./words.ts";

/** The script that makes zsh complete zddeploy's command line. */
export function zshCompletion(): string {
  const deploy = COMMANDS.filter(({ name }) => name === "deploy");
  return `\
#compdef zddeploy
# zsh completion for zddeploy; made by "zddeploy completion zsh"

_zddeploy_services() {
    local conf="\${opt_args[-c]:-\${opt_args[--conf]:-deploy.conf}}"
    local -a services
    services=(\${(f)"$(${SERVICES})"})
    compadd -a services
}

_zddeploy_commands() {
    local -a commands
    commands=(
${
    COMMANDS.map(({ name, summary }) =>
      `        ${quote(`${name}:${summary}`)}\n`
    ).join("")
  }    )
    _describe command commands
}

_zddeploy() {
    local line state
    typeset -A opt_args
    local i command=""
    for ((i = 2; i < CURRENT; i++)); do
        case "\${words[i]}" in
            -c|--conf|--color) ((i++)) ;;
            -*) ;;
            *) command="\${words[i]}"; break ;;
        esac
    done
    case "$command" in
${
    COMMANDS.map((command) =>
      `        ${command.name}) _arguments -s ${
        [
          "'1:command:_zddeploy_commands'",
          ...argumentsOf(command).length > 0
            ? [quote(`2:what:(${argumentsOf(command).join(" ")})`)]
            : command.words
            ? ["'2:value: '"]
            : [],
          ...optionsOf(command).flatMap(specification),
        ].join(" ")
      } ;;\n`
    ).join("")
  }        *) _arguments -s '1:command:_zddeploy_commands' ${
    [...deploy.flatMap(({ options = [] }) => options), ...GLOBAL_OPTIONS]
      .flatMap(specification).join(" ")
  } ;;
    esac
}

if [ "$funcstack[1]" = _zddeploy ]; then _zddeploy "$@"; else compdef _zddeploy zddeploy; fi`;
}

/** An option as _arguments wants it. */
function specification({ name, short, value, help, complete }: Option) {
  const what = help.replace(/[[\]:]/g, "\\$&");
  const action = value === undefined
    ? ""
    : `:${value}:${
      complete === "file"
        ? "_files"
        : complete === "service"
        ? "_zddeploy_services"
        : complete === undefined
        ? " "
        : `(${complete.join(" ")})`
    }`;
  const text = quote(`[${what}]${action}`);
  // Given twice, they mean more.
  const all = name === "service" ? "\\*" : "";
  return short === undefined
    ? [`${all}--${name}${text}`]
    : [`'(-${short} --${name})'{-${short},--${name}}${text}`];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
