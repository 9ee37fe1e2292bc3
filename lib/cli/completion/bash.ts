/** Makes bash ask zddeploy for completions (bash(1), Programmable Completion). */
export const BASH = `\
# bash completion for zddeploy; made by "zddeploy completion bash"
_zddeploy() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case "$line" in
            :file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
            *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
        esac
    done < <("$1" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _zddeploy zddeploy`;
