# Completion of outlast for bash: source <(outlast completions bash)
_outlast() {
    local line=${COMP_LINE:0:COMP_POINT} before word i about raw
    local -a words=()
    # bash splits at `:` and `=`; what has no blank between is one word here.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        before=$line
        line=${line#"${line%%[![:blank:]]*}"}
        word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=$line
        if ((i > 0)) && [[ $line == "$before" && -n $word ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"$word"}
    done
    local current=${words[${#words[@]} - 1]}
    local program=${words[0]/#\~\//$HOME/}
    COMPREPLY=()
    while IFS=$'\t' read -r word about; do
        case $word in
        :files) compopt -o default; return ;;
        :dirs) compopt -o dirnames; return ;;
        esac
        raw=$word
        case $current in
        \'*|\"*) ;;
        *) printf -v raw %q "$word" ;;
        esac
        COMPREPLY+=("$raw")
    done < <(command "$program" __complete bash "${words[@]:1}" 2>/dev/null </dev/null)
    # Only what stands after the last `:` or `=` is replaced.
    if [[ $current == *[:=]* && $current != [\'\"]* ]]; then
        before=${current%"${current##*[:=]}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}
complete -F _outlast outlast
