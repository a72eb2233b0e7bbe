#compdef returnsync
# zsh completion for returnsync, printed by `returnsync completion zsh`.
# The program says what may be typed; nothing that it says is ever run.

_returnsync() {
    local program=${(Q)words[1]} kind='' value what
    local -a values shown
    [[ $program == '~/'* ]] && program=$HOME/${program[3,-1]}
    whence -p -- $program >/dev/null || program=returnsync

    while IFS=$'\t' read -r value what; do
        if [[ -z $kind ]]; then
            kind=$value
            continue
        fi
        values+=("$value")
        shown+=("$value${what:+  -- $what}")
    done < <(_RETURNSYNC_COMPLETE=zsh _RETURNSYNC_LINE=${(j: :)words[1,CURRENT]} $program 2>/dev/null </dev/null)

    case $kind in
        files) compset -P '--*='; _files ;;
        folders) compset -P '--*='; _files -/ ;;
        *) compadd -l -d shown -a values ;;
    esac
}

# Either this file was found as the function itself, or it was read by `eval`.
if [[ ${funcstack[1]} == _returnsync ]]; then
    _returnsync "$@"
else
    compdef _returnsync returnsync
fi
