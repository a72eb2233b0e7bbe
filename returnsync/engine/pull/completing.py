"""Completing: the further reads that new and changed returns need before they are saved.

What stops an account (its limit, a signal, its time) stops nothing that was read: the records that need no further read
are saved all the same, and the others are left for the next run, which begins with them.
"""

import logging
import random
from collections.abc import Iterable
from typing import NamedTuple

from returnsync.engine.context import Context
from returnsync.engine.pull.budget import Budget
from returnsync.engine.sources import Source
from returnsync.errors import (
    AccountError,
    AccountRefused,
    AccountUnavailable,
    CallError,
    Interrupted,
    NotSent,
    Refused,
    ReturnsyncError,
    Unclear,
)
from returnsync.http.refusals import OF_ACCOUNT
from returnsync.model import OVER, Return, ReturnStatus, UnreadableRecord
from returnsync.platforms.interface import Platform
from returnsync.platforms.records import UntranslatableError
from returnsync.redact import knowing
from returnsync.state import announcements, content, parts, returns, set_aside
from returnsync.state.set_aside import SetAside

logger = logging.getLogger("returnsync.pull")

# So many reads that were refused, and none that was not: it is the account that may not make them.
_REFUSALS = 5


class ReadRecord(NamedTuple):
    """A record that was read: a return, with the hash of it as it was listed; or what cannot be read."""

    found: Return | UnreadableRecord
    digest: str = ""
    was_tried: bool = False
    """Whether a request was spent on reading it in vain."""
    home: str = ""
    """Of what is set aside: the return that it is one part of, or may be."""


class Completed(NamedTuple):
    """What became of some records that were listed."""

    read: list[ReadRecord]
    """Those that can be saved, set aside ones included."""
    postponed: list[Return]
    """Those that are left for the next run."""


class _ToComplete(NamedTuple):
    """A new or changed return that needs further reads."""

    ret: Return
    digest: str
    known: Return | None
    aside: SetAside | None


class Completing:
    """The further reads of one source in one run."""

    def __init__(self, ctx: Context, source: Source, platform: Platform, budget: Budget | None = None) -> None:
        """Read with `platform`. Without a `budget` a record is read whenever it was tried last: for single ones."""
        self._ctx = ctx
        self._source = source
        self._platform = platform
        self._budget = budget
        self._needs_reads = type(platform).complete is not Platform.complete
        self._has_read = self._has_worked = False
        self.error: AccountError | None = None
        """Why nothing more is read of this source."""

    def complete_all(self, records: Iterable[Return]) -> Completed:
        """Complete those that are new or changed, each once: first those that never failed, then what was set aside.

        What cannot be completed now is set aside, or postponed where that is the account's trouble (`error`).
        """
        completed = Completed([], [])
        to_complete: list[_ToComplete] = []
        for ret in records:
            decided = self._decide(ret)
            if isinstance(decided, ReadRecord):
                completed.read.append(decided)
            else:
                to_complete.append(decided)
        to_complete.sort(key=lambda item: item.aside is not None)
        self._read_further(to_complete, completed)
        return completed

    def _read_further(self, to_complete: list[_ToComplete], completed: Completed) -> None:
        """Read each of some records further; what becomes of it is added to `completed`."""
        refused: list[tuple[_ToComplete, Refused]] = []
        while to_complete:
            # Some that are refused each time must not hide, run after run, that others are not.
            in_any_order = bool(refused) and not self._has_worked
            place = random.randrange(len(to_complete)) if in_any_order else 0  # noqa: S311 - no secret hangs on it
            item = to_complete.pop(place)
            with knowing(item.ret):
                completed_one = self._complete(item)
            match completed_one:
                case ReadRecord() as record:
                    completed.read.append(record)
                case Refused() as error:
                    refused.append((item, error))
                    if len(refused) >= _REFUSALS and not self._has_worked:
                        self._stop(self._not_permitted(error))
                case None:
                    completed.postponed.append(item.ret)
        for item, error in refused:
            if self._has_worked:
                # others are not refused, so it is about this record
                completed.read.append(self._set_aside(item, _in_words(error)))
                continue
            # none that was tried was allowed, so it is the account that may not make this read
            completed.postponed.append(item.ret)
            if self.error is None:
                self._stop(self._not_permitted(error))

    def digest_of(self, ret: Return) -> str:
        """The hash by which a record, as it was listed, is told to be news."""
        # Where the list leaves out what a return is made of, only its time of change can tell that it changed.
        return content.content_hash(ret, timed=self._needs_reads and not ret.lines)

    def _decide(self, ret: Return) -> ReadRecord | _ToComplete:
        """Whether a return as it was listed needs further reads, by what state knows of it."""
        digest = self.digest_of(ret)
        if not self._needs_reads:
            # this platform lists whole returns
            return self._checked(ret, digest)
        with self._ctx.db.reading() as q:
            if not returns.is_news(q, ret, digest):
                # as it was
                return ReadRecord(ret, digest)
            part = parts.get(q, ret.source, ret.id)
            is_begun = announcements.is_begun(q, ret.source, part.home if part else ret.id)
            known = part.ret if part else returns.get(q, ret.source, ret.id)
            aside = set_aside.get(q, ret.source, ret.id, self._budget.began) if self._budget else None
        if ret.status in OVER and (not is_begun or (known is not None and known.lines and not ret.lines)):
            # over: never announced, or what it was made of is known
            return ReadRecord(ret, digest)
        if aside is not None and not self._spend_try(aside, digest):
            # set aside, and not to be tried now
            return ReadRecord(aside.record, aside.digest)
        return _ToComplete(ret, digest, known if is_begun else None, aside)

    def _spend_try(self, aside: SetAside, digest: str) -> bool:
        """Spend a try on what was set aside, where it is due or changed; false where it has to wait."""
        wanted = aside.is_due or aside.digest != digest
        return wanted and self._budget is not None and self._budget.spend_try(asked=aside.asked)

    def _complete(self, item: _ToComplete) -> ReadRecord | Refused | None:
        """One record, read further: as it is to be saved, or the refusal; `None` where it is left for later."""
        self._stop_in_time()
        before = self._ctx.accounts.requests_of(self._source)
        try:
            whole = self._platform.complete(item.ret, item.known)
        except (UntranslatableError, CallError, AccountError) as error:
            self._has_read = True
            return self._failed(item, error)
        except ReturnsyncError:
            raise
        except Exception as error:  # noqa: BLE001 - another package's fault costs one record, and is told
            return self._set_aside(item, fault_of_platform(self._ctx, self._source, error))
        if self._ctx.accounts.requests_of(self._source) > before:
            self._has_read = self._has_worked = True
        return self._checked(whole, item.digest)

    def _stop_in_time(self) -> None:
        """Send nothing more once a signal came or the time is up; but one record is completed in any case."""
        if self._budget is None or self.error is not None:
            return
        if self._ctx.stop.is_set():
            self._stop(Interrupted(self._source.name, f"{self._source.name}: asked to stop while it was read."))
        elif self._has_read and self._budget.is_time_up:
            self._stop(over_time(self._source))

    def _failed(
        self, item: _ToComplete, error: UntranslatableError | CallError | AccountError
    ) -> ReadRecord | Refused | None:
        """Act on a failure: it is the record's own, or the whole account's, and then the record has to wait."""
        if self.error is not None:
            # the account was given up before, so nothing was asked
            return None
        match error:
            case UntranslatableError():
                # nothing that can be asked completes it
                return self._set_aside(item, str(error))
            case AccountError(__cause__=Unclear() as unclear) if not isinstance(error, Interrupted):
                # The account was given up at this record's read. With the next run, the others come before it.
                self._stop(error)
                return self._set_aside(item, _in_words(unclear))
            case AccountError():
                # the account cannot be used, or a signal came
                self._stop(error)
                return None
            case NotSent():
                # the server cannot be reached or asks for a pause, and the next record would meet the same
                what_next = "The next run goes on."
                self._stop(AccountUnavailable(self._source.name, error.what, what_next, foreign=error.foreign))
                return None
            case Refused() if error.status in OF_ACCOUNT and item.aside is None:
                # whether that is about the record or the account shows when the others were tried
                return error
            case _:
                # another refusal, no answer, or a bad one: the other records may do better
                logger.info("return %s cannot be completed now: %s", item.ret.id, error.what)
                return self._set_aside(item, _in_words(error))

    def _not_permitted(self, error: Refused) -> AccountRefused:
        said, next_step = OF_ACCOUNT[error.status or 0]
        refused = AccountRefused(
            self._source.name,
            f"{self._platform.title} refuses a read that a return needs to be completed: {said} (HTTP {error.status}).",
            f"{next_step} Its page in docs/platforms says what is needed.",
            foreign=error.foreign,
        )
        refused.__cause__ = error
        return refused

    def _stop(self, error: AccountError) -> None:
        """Read nothing more of this source."""
        logger.info("nothing more is read of it in this run: %s", error.what)
        self.error = error
        self._ctx.accounts.read_no_more(self._source, error)

    def _set_aside(self, item: _ToComplete, problem: str) -> ReadRecord:
        return self._unreadable(item.ret, item.digest, problem, was_tried=True)

    def _unreadable(self, ret: Return, digest: str, problem: str, *, was_tried: bool) -> ReadRecord:
        # What is read singly may differ from what was listed, so its hash says nothing of a change.
        listed = digest if self._budget is not None else ""
        return ReadRecord(UnreadableRecord(ret.id, content.dumped(ret), problem), listed, was_tried, ret.group)

    def _checked(self, ret: Return, digest: str) -> ReadRecord:
        """A return as it is to be saved; one that is coming and has no lines says too little, and is set aside."""
        if ret.lines or ret.not_coming or ret.status in OVER or ret.status is ReturnStatus.REQUESTED:
            return ReadRecord(ret, digest)
        problem = "it has no lines, so nothing says what comes back"
        was_tried = self._needs_reads or self._budget is None
        return self._unreadable(ret, digest, problem, was_tried=was_tried)


def _in_words(error: CallError) -> str:
    how = f"was answered with {error.status}" if error.status else "had no answer"
    return f"a further read that it needs {how}"


def fault_of_platform(ctx: Context, source: Source, error: Exception) -> str:
    """Log and count a fault in one platform's code, which may be another package's; gives it in words."""
    what = f"a fault in the platform's code ({type(error).__name__})"
    logger.error("a fault in the platform's code", exc_info=error)
    ctx.tally.trouble(ReturnsyncError(f"{source.name}: {what}.", "Run again with --verbose and report it."))
    return what


def over_time(source: Source) -> AccountUnavailable:
    """The source took longer than one run may give it."""
    return AccountUnavailable(
        source.name,
        f"{source.name}: reading it took longer than its `time_budget` of {source.settings.time_budget:g} s.",
        "What was read is kept, and the next run goes on from the last window that was read whole. If it stays so, "
        "give it a larger `time_budget`, or look at what the platform is slow with.",
    )
