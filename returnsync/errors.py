"""Exceptions, sorted by what to do next rather than by where they arose.

    ReturnsyncError
    ├── WaitError             this return waits: it heals by itself
    ├── HoldError             this return is held: a person must look
    ├── CallError             one HTTP call failed …
    │   ├── Refused           … the server refused (4xx): nothing was changed
    │   ├── NotAllowed        … the account may not make calls of this kind (403): nothing was changed
    │   ├── NotSent           … it surely changed nothing (never sent, 407, 429): it may be sent again
    │   └── Unclear           … it may or may not have taken effect: only a look can tell
    │       └── BadAnswer     … answered, but not as agreed
    │           └── BadLabel      … a label came that cannot be used
    ├── AccountError          this account is not used for the rest of the run
    │   ├── AccountUnavailable    for now (75)
    │   │   ├── RefusedForOrder   … for one order only, while others are served
    │   │   └── Interrupted       … because we were asked to stop
    │   └── AccountRefused        until its settings or credentials are fixed (78)
    │       └── AccountShut       … and it is unknown whether the requested effect was made
    └── RunError              the run ends
        ├── ConfigError       configuration (78)
        ├── NotThereError     the command line names something that does not exist (2)
        │   └── NotAskedError     … or may exist: not everything could be asked (75)
        ├── FaultError        the content of the state cannot be read, a fault of ours (70)
        ├── InUseError        the command line names something that is still in use, so it is left as it is (1)
        ├── KeptBackError     the command line names an order that `only` excludes (1)
        ├── LockedError       another run is working (75)
        │   └── BusyError     another program holds the state file (75)
        ├── ClockError        a clock is wrong (75)
        └── StateError        the state file cannot be used (78)
            └── NoRoomError   … because its disk is full (75)

Each error carries `what` happened and the `next_step` for its reader. Neither may contain a secret, consumer data or a
server's own words; those go into `foreign`, which is masked wherever it is shown.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self

from returnsync.model import Cause

if TYPE_CHECKING:
    from datetime import datetime


class ExitCode(IntEnum):
    """How a command ends; part of the contract with cron and scripts."""

    DONE = 0
    NEEDS_PERSON = 1
    USAGE = 2
    FAULT = 70
    TEMPORARY = 75
    CONFIG = 78
    SIGINT = 130
    SIGTERM = 143


class ReturnsyncError(Exception):
    """What happened, in one sentence, and what its reader can do about it."""

    exit_code: ExitCode = ExitCode.FAULT
    problems: tuple[str, ...] = ()
    """Each single thing that is wrong, where there are several."""
    subject: str = ""
    """The return that it concerns, with which `what` begins; empty where it concerns none or many."""

    def __init__(self, what: str, next_step: str = "", *, foreign: str = "") -> None:
        """Say `what` happened and the `next_step`; `foreign` is what a server wrote, never shown unmasked."""
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.foreign = foreign

    def at(self, name: str) -> Self:
        """The same error, which also names the source or account where it happened."""
        if name not in self.what:
            self.what = f"{name}: {self.what}"
        return self

    def about(self, subject: str) -> Self:
        """The same error, which also names the return that it concerns."""
        self.subject, self.what = subject, f"{subject}: {self.what}"
        return self

    @property
    def without_subject(self) -> str:
        """What happened, without the name of the return."""
        return self.what.removeprefix(f"{self.subject}: ") if self.subject else self.what

    def as_json(self) -> dict[str, Any]:
        """The `error` object of `--json`; the caller masks it."""
        return {"what": self.what, "next_step": self.next_step, "problems": list(self.problems)}


class WaitError(ReturnsyncError):
    """This return waits and is tried again by a later run; nobody has to do anything."""

    exit_code = ExitCode.DONE

    def __init__(
        self, cause: Cause, what: str, *, foreign: str = "", give_up: bool = True, due: "datetime | None" = None
    ) -> None:
        """Wait for `cause`, until `due` where that is known, else at growing intervals.

        With `give_up` the wait ends in a hold after `wait_for_order_days`.
        """
        super().__init__(what, foreign=foreign)
        self.cause = cause
        self.give_up = give_up
        self.due = due


class HoldError(ReturnsyncError):
    """This return is held: a person must look, and `next_step` says what to do."""

    exit_code = ExitCode.NEEDS_PERSON

    def __init__(
        self, cause: Cause, what: str, next_step: str, *, foreign: str = "", others: tuple[str, ...] = ()
    ) -> None:
        """Hold for `cause`; `held` groups by it.

        `others` are the codes of our own announcements that already have what this one needs.
        """
        super().__init__(what, next_step, foreign=foreign)
        self.cause = cause
        self.others = others


class CallError(ReturnsyncError):
    """One HTTP call did not give the result that it was made for."""

    exit_code = ExitCode.TEMPORARY

    def __init__(self, what: str, *, status: int | None = None, foreign: str = "") -> None:
        """`status` is the HTTP status if there was an answer; `foreign` the server's own words."""
        super().__init__(what, foreign=foreign)
        self.status = status


class Refused(CallError):
    """The server answered with a 4xx: it understood and changed nothing. The same call would fail again."""


class NotAllowed(CallError):
    """The server answered that the account may not make calls of this kind; nothing was changed."""


class NotSent(CallError):
    """The call surely changed nothing: it was never sent, or was answered with 407 or 429. It may be made again."""


class Unclear(CallError):
    """The call may have taken effect: a timeout, a lost connection, a 5xx. It may not be repeated blindly."""


class BadAnswer(Unclear):
    """The server answered, but not as agreed: cut, too large, not JSON, of wrong types, or a foreign redirect."""

    content: bytes = b""
    """The part of a success's body that was received, where the whole could not be read."""


class BadLabel(BadAnswer):
    """A label was made, but what came of it cannot be used; `content` keeps it."""

    def __init__(self, what: str, content: bytes) -> None:
        """`content` are the bytes of the file where they could be decoded, else the bytes that were received."""
        super().__init__(what)
        self.content = content


class AccountError(ReturnsyncError):
    """This account is not used for the rest of the run; the others go on."""

    def __init__(self, account: str, what: str, next_step: str = "", *, foreign: str = "") -> None:
        """`account` is the name of the source or warehouse in the configuration."""
        super().__init__(what, next_step, foreign=foreign)
        self.account = account


class AccountUnavailable(AccountError):
    """The account cannot be reached or is over its limits for now; the next run goes on."""

    exit_code = ExitCode.TEMPORARY


class RefusedForOrder(AccountUnavailable):
    """The account refused calls for one order in the way that whole accounts are refused, but serves other orders."""


class Interrupted(AccountUnavailable):
    """We were asked to stop: nothing is wrong with the account, and nothing is held or postponed because of it."""


class AccountRefused(AccountError):
    """The account's credentials or rights are refused: somebody must fix the configuration."""

    exit_code = ExitCode.CONFIG
    is_of_no_order = False
    """Whether the refused call belongs to no order: then it is surely the account that is refused."""


class AccountShut(AccountRefused):
    """The whole account was refused during an effect: only two looks can tell whether the effect was made."""

    def __init__(self, account: str, what: str, next_step: str = "", *, status: int, foreign: str = "") -> None:
        """`status` is that of the response; the other arguments are those of any `AccountError`."""
        super().__init__(account, what, next_step, foreign=foreign)
        self.status = status


class RunError(ReturnsyncError):
    """The run cannot go on at all."""


class ConfigError(RunError):
    """The configuration has problems; all that were found at once are in `problems`."""

    exit_code = ExitCode.CONFIG

    def __init__(self, what: str, next_step: str = "", problems: tuple[str, ...] = ()) -> None:
        """Give every problem at once, each as one line that names file, line and key."""
        super().__init__(what, next_step)
        self.problems = problems


class NotThereError(RunError):
    """The command line names something that does not exist: a source, an order, a code. Nothing was changed."""

    exit_code = ExitCode.USAGE


class NotAskedError(NotThereError):
    """It is not known whether what the command line names exists: not everything could be asked for it."""

    exit_code = ExitCode.TEMPORARY


class FaultError(RunError):
    """A fault of ours: the content of the state cannot be read. Nothing was changed."""

    exit_code = ExitCode.FAULT


class InUseError(RunError):
    """The command line names something that is still in use, so it is left as it is. Nothing was changed."""

    exit_code = ExitCode.NEEDS_PERSON


class KeptBackError(RunError):
    """The command line names an order that is not in the `only` of its source. Nothing was sent for it."""

    exit_code = ExitCode.NEEDS_PERSON


class LockedError(RunError):
    """Another run holds the lock of this state file."""

    exit_code = ExitCode.TEMPORARY
    holder: "tuple[int, datetime] | None" = None
    """The process that holds it, and since when; `None` where that is not known."""


class BusyError(LockedError):
    """A program other than returnsync holds the state file."""


class ClockError(RunError):
    """This machine's clock differs from everybody else's, and the state contains times that depend on it."""

    exit_code = ExitCode.TEMPORARY


class StateError(RunError):
    """The state file cannot be used as it is: newer than this version, damaged, or not writable."""

    exit_code = ExitCode.CONFIG


class NoRoomError(StateError):
    """The disk of the state is full: nothing that was saved is lost, and the next run goes on."""

    exit_code = ExitCode.TEMPORARY
