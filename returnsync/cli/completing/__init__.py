"""Completion: what a person may be about to type, asked for by the scripts that `returnsync completion` prints.

A script calls the program without arguments, with `_RETURNSYNC_COMPLETE` in its environment and the line typed so far
in `_RETURNSYNC_LINE`. The answer is a line with the kind (`values`, `files` or `folders`), then one value on each line,
which may be followed by a tab and a description. If anything goes wrong, nothing is printed. No secret is resolved, no
request is made, and nothing is written.
"""

ASKED = "_RETURNSYNC_COMPLETE"
LINE = "_RETURNSYNC_LINE"
SHELLS = ("bash", "zsh", "fish")
