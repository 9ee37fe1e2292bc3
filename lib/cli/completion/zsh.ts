/** Makes zsh ask zddeploy for completions (zshcompsys(1)). */
export const ZSH = `\
#compdef zddeploy
# zsh completion for zddeploy; made by "zddeploy completion zsh"
_zddeploy() {
    local line
    local -a found
    for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case "$line" in
            "") ;;
            :file) compset -P '--*='; _files; return ;;
            *) found+=("\${\${line//:/\\\\:}/$'\\t'/:}") ;;
        esac
    done
    _describe zddeploy found
}
if [ "$funcstack[1]" = _zddeploy ]; then _zddeploy "$@"; else compdef _zddeploy zddeploy; fi`;
