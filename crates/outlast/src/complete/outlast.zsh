#compdef outlast
# Completion of outlast for zsh: as _outlast in a directory of $fpath, or sourced after compinit.
_outlast() {
    local line word
    local -a lines fits
    local program=${(Q)words[1]}
    program=${program/#\~\//$HOME/}
    lines=("${(@f)$(command $program __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    for line in $lines; do
        word=${line%%$'\t'*}
        case $word in
        (:files) _files; return ;;
        (:dirs) _files -/; return ;;
        esac
        fits+=("${word//:/\\:}:${line#*$'\t'}")
    done
    (( $#fits )) && _describe -t outlast outlast fits
}
if [[ ${funcstack[1]} == _outlast ]]; then
    _outlast "$@"
else
    compdef _outlast outlast
fi
