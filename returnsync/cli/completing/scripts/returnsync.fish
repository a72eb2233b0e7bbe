# fish completion for returnsync, printed by `returnsync completion fish`.
# The program says what may be typed; nothing that it says is ever run.

function __returnsync_complete
    set -l typed (commandline -cp | string join ' ')
    set -l program (commandline -po)[1]
    if string match -q '~/*' -- "$program"
        set program $HOME/(string sub -s 3 -- $program)
    end
    command -q -- "$program"; or set program returnsync

    set -l answer (env _RETURNSYNC_COMPLETE=fish _RETURNSYNC_LINE="$typed" $program 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files folders
            set -l before (commandline -ct | string match -r '^--[a-z-]+=')
            set -l begins (commandline -ct | string sub -s (math 1 + (string length -- "$before")))
            set -l complete __fish_complete_path
            test $answer[1] = folders; and set complete __fish_complete_directories
            for path in ($complete "$begins")
                printf '%s%s\n' "$before" $path
            end
        case '*'
            if set -q answer[2]
                printf '%s\n' $answer[2..-1]
            end
    end
end

complete -c returnsync -f -a '(__returnsync_complete)'
