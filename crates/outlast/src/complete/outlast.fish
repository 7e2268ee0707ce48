# Completion of outlast for fish: ~/.config/fish/completions/outlast.fish
function __outlast_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in (command $program __complete fish $words "$current" 2>/dev/null </dev/null)
        set -l word (string split -m 1 \t -- $line)[1]
        switch $word
            case ':files'
                __fish_complete_path "$current"
            case ':dirs'
                __fish_complete_directories "$current"
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c outlast -f -a '(__outlast_complete)'
