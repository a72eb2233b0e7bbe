"""What an account that was just asked for says to its credentials, shown as `check` shows it."""

from collections.abc import Sequence
from enum import Enum, auto

from returnsync.cli.session import say
from returnsync.model import Finding
from returnsync.redact import mask


class Tried(Enum):
    """How it ended."""

    ACCEPTED = auto()
    REFUSED = auto()
    """The settings or credentials are wrong."""
    UNREACHABLE = auto()
    """For now, nothing can be said."""


def shown(name: str, findings: Sequence[Finding]) -> Tried:
    """Show each finding about an account; how it ended."""
    for finding in findings:
        say(mask(f"{'ok  ' if finding.ok else 'FAIL'} {name}: {finding.subject}: {finding.text}"))
        if finding.next_step:
            say(f"     → {finding.next_step}")
    wrong = [finding for finding in findings if not finding.ok]
    if any(not finding.temporary for finding in wrong):
        return Tried.REFUSED
    return Tried.UNREACHABLE if wrong else Tried.ACCEPTED
