"""How the contract asserts: so that a failure explains itself, whether or not assertions are rewritten."""

from collections.abc import Callable
from datetime import datetime

from returnsync.errors import ReturnsyncError


def whole(moment: datetime) -> datetime:
    """Cut to milliseconds, the precision that platforms write."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def expect(truth: bool, text: str) -> None:  # noqa: FBT001 - reads like an assertion
    """An assertion that explains itself also where assertions are not rewritten, or switched off."""
    if not truth:
        raise AssertionError(text)


def same(found: object, wanted: object, what: str) -> None:
    """Both are equal; `what` says what they are."""
    expect(found == wanted, f"{what}: {found!r}, expected {wanted!r}")


def failure_of(call: Callable[[], object]) -> ReturnsyncError:
    """The error of ours that a call ends in; any other exception goes through, and success is none."""
    try:
        result = call()
    except ReturnsyncError as error:
        return error
    raise AssertionError(f"it succeeded: {result!r}")
