"""The text below the help of `held` and of its commands."""

from returnsync.cli.examples import examples
from returnsync.errors import ExitCode

_DOCS = "docs/how-to/held.md"
_NOT_MEANT = "a name fits none of the entries, or is ambiguous; nothing was changed"

LIST = examples(
    ("What needs a person", "returnsync held"),
    ("What was held since yesterday, at one source", "returnsync held --since yesterday --source shop-nl"),
    ("What goes on by itself, and when", "returnsync held --waiting"),
    ("The problem is solved: try it again", "returnsync held retry '#20486'"),
    ends_with={ExitCode.NEEDS_PERSON: "the list is not empty; with --waiting the exit code is always 0"},
    docs=_DOCS,
)
RETRY = examples(
    ("One, by order number or code", "returnsync held retry '#20486'"),
    ("All of one cause", "returnsync held retry --cause order-deleted"),
    ends_with={ExitCode.USAGE: _NOT_MEANT},
    docs=_DOCS,
)
RELEASE = examples(
    ("One, which was announced by hand", "returnsync held release shop-nl-20466-TXQQT6V6M7ENOINY"),
    ("What would be released?", "returnsync held release --all --source shop-nl --dry-run"),
    ends_with={ExitCode.USAGE: _NOT_MEANT},
    docs=_DOCS,
)
TAKE_BACK = examples(
    ("One that was released", "returnsync held take-back shop-nl-20466-TXQQT6V6M7ENOINY"),
    ("What would be taken back?", "returnsync held take-back --all --dry-run"),
    ends_with={ExitCode.USAGE: _NOT_MEANT},
    docs=_DOCS,
)
RESOLVE = examples(
    ("No label in doubt was made", "returnsync held resolve label-in-doubt --none-made"),
    ("The record is another return", "returnsync held resolve identity-unclear KEY --another"),
    ("The record is a known return", "returnsync held resolve identity-unclear KEY --same-as RETURN"),
    ends_with={
        ExitCode.USAGE: "no such record is held, or it cannot be that return",
        ExitCode.TEMPORARY: "the warehouse cannot be used now; its labels stay held",
    },
    docs="docs/causes.md#label-in-doubt",
)
