"""The text below the help of a command: examples, the exit codes with a special meaning there, and its docs page."""

from collections.abc import Mapping

from returnsync.errors import ExitCode

REFERENCE = "docs/reference.md"

KEPT = "\b\n"
"""Written before a paragraph: its lines are not wrapped again, at any width."""


def examples(*each: tuple[str, str], ends_with: Mapping[ExitCode, str] | None = None, docs: str = REFERENCE) -> str:
    """The text below the help of a command.

    Each example has what it is for, and the command on a line that is never broken; it runs in the demo's sandbox.
    `ends_with` says what an exit code means here, where that differs from what `returnsync --help` says. `docs` is the
    page with more about it, as a path in the repository.
    """
    lines = (f"  {what if what.endswith('?') else f'{what}:'}\n      {command}" for what, command in each)
    parts = ["\n".join(("Examples:", *lines))]
    if ends_with:
        codes = (f"  {int(code):<3} {meaning}" for code, meaning in sorted(ends_with.items()))
        parts.append("\n".join(("Exit codes (the others: returnsync --help):", *codes)))
    parts.append(f"Docs: {docs}")
    return "\n\n".join(KEPT + part for part in parts)


def plain(epilog: str) -> str:
    """The same without the marks that keep its lines whole."""
    return epilog.replace(KEPT, "")
