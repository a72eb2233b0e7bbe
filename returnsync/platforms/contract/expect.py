"""The assertions of the contract: a failure explains itself, whether or not pytest rewrites assertions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from returnsync.errors import ReturnsyncError


def whole(moment: datetime) -> datetime:
    """Cut to milliseconds, the precision that platforms write."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def expect(truth: bool, text: str) -> None:  # noqa: FBT001 - reads like an assertion
    """An assertion that explains itself also where assertions are not rewritten, or are switched off."""
    if not truth:
        raise AssertionError(text)


def same(found: object, wanted: object, what: str) -> None:
    """Expect both to be equal; `what` says what they are."""
    expect(found == wanted, f"{what}: {found!r}, expected {wanted!r}")


def failure_of(call: Callable[[], object]) -> ReturnsyncError:
    """The error of ours that a call raises. Any other exception gets through; a success is a failed assertion."""
    try:
        result = call()
    except ReturnsyncError as error:
        return error
    raise AssertionError(f"it succeeded: {result!r}")


def put(record: Any, path: str, value: object) -> None:
    """Change one field of a raw record; `path` leads to it through objects and lists, such as `history.0.at`."""
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        record = record[step]
    record[last] = value
