"""Exceptions, sorted by what to do next rather than by where they arose.

    ReturnsyncError
    ├── WaitError             this return waits: it heals by itself
    ├── HoldError             this return is held: a person must look
    ├── CallError             one HTTP call failed …
    │   ├── Refused           … the server said no (4xx): nothing was changed
    │   ├── NotAllowed        … the account may not make calls of this kind (403): nothing was changed
    │   ├── NotSent           … it surely changed nothing (never sent, 407, 429): later, the same again
    │   └── Unclear           … it may or may not have taken effect: only reading can tell
    │       └── BadAnswer     … answered, but not with what was agreed
    │           └── BadLabel      … a label came that cannot be used
    ├── AccountError          this account is not used for the rest of the run
    │   ├── AccountUnavailable    for now (75)
    │   │   ├── RefusedForOrder   … one order alone, while others are served
    │   │   └── Interrupted       … because we were asked to stop
    │   └── AccountRefused        until its settings or credentials are mended (78)
    │       └── AccountShut       … and it is open whether the effect that was asked for was made
    └── RunError              the run ends
        ├── ConfigError       configuration (78)
        ├── NotThereError     the command line names what is not there (2)
        ├── FaultError        what is kept cannot be read, a fault of ours (70)
        ├── InUseError        the command line names what is still needed, and is left as it is (1)
        ├── KeptBackError     the command line names an order that `only` keeps back (1)
        ├── LockedError       another run works (75)
        │   └── BusyError     another program holds the state file (75)
        ├── ClockError        a clock is wrong (75)
        └── StateError        the state file cannot be used (78)
            └── NoRoomError   … since its disk is full (75)

Every one explains itself: `what` happened and the `next_step` for its reader. Neither may hold a secret, consumer data
or a server's own words; those go into `foreign`, which is masked wherever it is shown.
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
    """The return that it met, with which `what` begins; empty where it is about none, or about many."""

    def __init__(self, what: str, next_step: str = "", *, foreign: str = "") -> None:
        """Say `what` happened and the `next_step`; `foreign` is what a server wrote, never shown unmasked."""
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.foreign = foreign

    def at(self, name: str) -> Self:
        """The same error, which says at which source or account it happened."""
        if name not in self.what:
            self.what = f"{name}: {self.what}"
        return self

    def about(self, subject: str) -> Self:
        """The same error, which says which return it met."""
        self.subject, self.what = subject, f"{subject}: {self.what}"
        return self

    @property
    def without_subject(self) -> str:
        """What happened, without the return that it met."""
        return self.what.removeprefix(f"{self.subject}: ") if self.subject else self.what

    def as_json(self) -> dict[str, Any]:
        """The `error` of `--json`; the caller masks it."""
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
    """This return is held: a person must look, and `next_step` says at what."""

    exit_code = ExitCode.NEEDS_PERSON

    def __init__(
        self, cause: Cause, what: str, next_step: str, *, foreign: str = "", others: tuple[str, ...] = ()
    ) -> None:
        """Hold for `cause`, by which `held` groups.

        `others` are the codes of our own announcements that have what this one wants.
        """
        super().__init__(what, next_step, foreign=foreign)
        self.cause = cause
        self.others = others


class CallError(ReturnsyncError):
    """One HTTP call did not give what it was made for."""

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
    """What came of the body of a success, where it could not be read whole."""


class BadLabel(BadAnswer):
    """A label was made, and what came of it cannot be used; `content` is what came, to be kept."""

    def __init__(self, what: str, content: bytes) -> None:
        """`content` are the bytes of the file where they could be decoded, else what came of the answer."""
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
    """The account refused calls for one order as it refuses whole accounts, while it serves others."""


class Interrupted(AccountUnavailable):
    """We were asked to stop: nothing is wrong with the account, and nothing is held or put off for it."""


class AccountRefused(AccountError):
    """The account's credentials or rights are refused: somebody must mend the configuration."""

    exit_code = ExitCode.CONFIG
    is_of_no_order = False
    """Whether it was refused something that belongs to no order: then it is surely the account."""


class AccountShut(AccountRefused):
    """The whole account was refused when an effect was asked for: only two looks tell whether it was made."""

    def __init__(self, account: str, what: str, next_step: str = "", *, status: int, foreign: str = "") -> None:
        """`status` is that of the answer; the rest as for any `AccountError`."""
        super().__init__(account, what, next_step, foreign=foreign)
        self.status = status


class RunError(ReturnsyncError):
    """The run cannot go on at all."""


class ConfigError(RunError):
    """The configuration has problems; all of those found at once stand in `problems`."""

    exit_code = ExitCode.CONFIG

    def __init__(self, what: str, next_step: str = "", problems: tuple[str, ...] = ()) -> None:
        """Give every problem at once, each as one line that names file, line and key."""
        super().__init__(what, next_step)
        self.problems = problems


class NotThereError(RunError):
    """What the command line names is not there: a source, an order, a code. Nothing was changed."""

    exit_code = ExitCode.USAGE


class NotAskedError(NotThereError):
    """Whether what the command line names is there is not known: not everything could be asked for it."""

    exit_code = ExitCode.TEMPORARY


class FaultError(RunError):
    """A fault of ours: what the state keeps cannot be read. Nothing was changed."""

    exit_code = ExitCode.FAULT


class InUseError(RunError):
    """What the command line names is still in use, so it is left as it is. Nothing was changed."""

    exit_code = ExitCode.NEEDS_PERSON


class KeptBackError(RunError):
    """The command line names an order that `only` of its source does not. Nothing was sent for it."""

    exit_code = ExitCode.NEEDS_PERSON


class LockedError(RunError):
    """Another run holds the lock of this state file."""

    exit_code = ExitCode.TEMPORARY
    holder: "tuple[int, datetime] | None" = None
    """The process that holds it, and since when; `None` where that is not known."""


class BusyError(LockedError):
    """Another program than ours holds the state file."""


class ClockError(RunError):
    """The clock of this machine differs from everybody else's, and the state has moments that hang on it."""

    exit_code = ExitCode.TEMPORARY


class StateError(RunError):
    """The state file cannot be used as it is: newer than this version, damaged, or not writable."""

    exit_code = ExitCode.CONFIG


class NoRoomError(StateError):
    """There is no room on the disk of the state: nothing of what was saved is lost, and the next run goes on."""

    exit_code = ExitCode.TEMPORARY
