# bash completion for returnsync, printed by `returnsync completion bash`.
# The program says what may be typed; nothing that it says is ever run.

_returnsync() {
    local typed=${COMP_LINE:0:COMP_POINT} program=$1 kind='' value what word break cut=''
    COMPREPLY=()
    if [[ $program == '~/'* ]]; then program=$HOME/${program:2}; fi
    type -P -- "$program" >/dev/null || program=returnsync

    # bash puts its word in place of what stands behind the last of these characters, unless that is in quotes.
    word=${typed##*[[:space:]]}
    if [[ $word == '#'* ]]; then return; fi # a comment begins there
    if [[ $word != [\'\"]* ]]; then
        for break in : =; do
            if [[ $COMP_WORDBREAKS == *"$break"* && ${word#"$cut"} == *"$break"* ]]; then
                cut=${word%"${word##*"$break"}"}
            fi
        done
    fi

    while IFS=$'\t' read -r value what; do
        if [[ -z $kind ]]; then
            kind=$value
            continue
        fi
        value=${value#"$cut"}
        if [[ $word != [\'\"]* ]]; then
            printf -v value %q "$value"
        elif [[ $value == *[\'\"\`\$\\!]* ]]; then
            continue # it would end the quotes, or be run within them
        fi
        COMPREPLY+=("$value")
    done < <(_RETURNSYNC_COMPLETE=bash _RETURNSYNC_LINE=$typed "$program" 2>/dev/null </dev/null)

    case $kind in
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
    esac 2>/dev/null
}

complete -F _returnsync returnsync
