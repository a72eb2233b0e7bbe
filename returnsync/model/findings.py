"""What `returnsync check` finds."""

from dataclasses import dataclass

LABEL_PERMISSION = "label permission"
"""The subject of the finding on whether an account may make labels."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `returnsync check`: fine, or what to do."""

    subject: str
    ok: bool
    text: str
    next_step: str = ""
    temporary: bool = False
    """What is wrong may heal by itself."""
    warning: bool = False
    """It works as it is, and may still be wrong; `ok` is true, and a next step says what to look at."""
