/** Makes fish ask zddeploy for completions (complete(1) of fish). */
export const FISH = `\
# fish completion for zddeploy; made by "zddeploy completion fish"
function __zddeploy
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..] 2>/dev/null)
        switch $line
            case :file
                __fish_complete_path (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c zddeploy -f -a '(__zddeploy)'`;
