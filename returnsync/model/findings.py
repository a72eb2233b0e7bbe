"""What `returnsync check` finds."""

from dataclasses import dataclass

LABEL_PERMISSION = "label permission"
"""The subject of the finding that says whether an account may make labels."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `returnsync check`: it is fine, or it says what to do."""

    subject: str
    ok: bool
    text: str
    next_step: str = ""
    temporary: bool = False
    """The problem may go away by itself."""
    warning: bool = False
    """It works as it is, but may still be wrong: `ok` is true, and `next_step` says what to look at."""
