"""Completing: the further reads that new and changed returns need before they are saved.

When the account stops (its limit, a signal, its time), nothing that was read is lost: records that need no further read
are saved all the same, and the others are left to the next run, which begins with them.
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

# After this many refused reads, and no other result, it is the account that may not make them.
_REFUSALS = 5


class ReadRecord(NamedTuple):
    """A record that was read: a return, with the hash of its listed form, or one that cannot be read."""

    found: Return | UnreadableRecord
    digest: str = ""
    was_tried: bool = False
    """Whether a request was spent in vain on reading it."""
    home: str = ""
    """For a record set aside: the return that it is, or may be, a part of."""


class Completed(NamedTuple):
    """The result for some listed records."""

    read: list[ReadRecord]
    """Those that can be saved, including those to be set aside."""
    postponed: list[Return]
    """Those that are left to the next run."""


class _ToComplete(NamedTuple):
    """A new or changed return that needs further reads."""

    ret: Return
    digest: str
    known: Return | None
    aside: SetAside | None


class Completing:
    """The further reads of one source in one run."""

    def __init__(self, ctx: Context, source: Source, platform: Platform, budget: Budget | None = None) -> None:
        """Read with `platform`. Without a `budget` (single reads) it does not matter when a record was last tried."""
        self._ctx = ctx
        self._source = source
        self._platform = platform
        self._budget = budget
        self._needs_reads = type(platform).complete is not Platform.complete
        self._has_read = self._has_worked = False
        self.error: AccountError | None = None
        """Why nothing more is read of this source; `None` while it can be read."""

    def complete_all(self, records: Iterable[Return]) -> Completed:
        """Complete the new and changed records, each once: first those that never failed, then those set aside before.

        What cannot be completed now is set aside, or postponed where the account is the reason (`error`).
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
        """Read each of some records further, and add the results to `completed`."""
        refused: list[tuple[_ToComplete, Refused]] = []
        while to_complete:
            # Records that are refused each time must not hide in every run that others are not.
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
                # Other records are not refused, so the refusal concerns this record.
                completed.read.append(self._set_aside(item, _in_words(error)))
                continue
            # No read was allowed, so it is the account that may not make it.
            completed.postponed.append(item.ret)
            if self.error is None:
                self._stop(self._not_permitted(error))

    def digest_of(self, ret: Return) -> str:
        """The hash of a record in its listed form, which shows whether the record is new or changed."""
        # Where the list omits what a return is made of, only its time of change can show that it changed.
        return content.content_hash(ret, timed=self._needs_reads and not ret.lines)

    def _decide(self, ret: Return) -> ReadRecord | _ToComplete:
        """Whether a listed return needs further reads, by what the state knows of it."""
        digest = self.digest_of(ret)
        if not self._needs_reads:
            # This platform lists whole returns.
            return self._checked(ret, digest)
        with self._ctx.db.reading() as q:
            if not returns.is_news(q, ret, digest):
                # It has not changed.
                return ReadRecord(ret, digest)
            part = parts.get(q, ret.source, ret.id)
            is_begun = announcements.is_begun(q, ret.source, part.home if part else ret.id)
            known = part.ret if part else returns.get(q, ret.source, ret.id)
            aside = set_aside.get(q, ret.source, ret.id, self._budget.began) if self._budget else None
        if ret.status in OVER and (not is_begun or (known is not None and known.lines and not ret.lines)):
            # It is over: never announced, or its lines are known.
            return ReadRecord(ret, digest)
        if aside is not None and not self._spend_try(aside, digest):
            # It is set aside, and not to be tried now.
            return ReadRecord(aside.record, aside.digest)
        return _ToComplete(ret, digest, known if is_begun else None, aside)

    def _spend_try(self, aside: SetAside, digest: str) -> bool:
        """Spend a try on a record set aside, where it is due or changed; false where it has to wait."""
        wanted = aside.is_due or aside.digest != digest
        return wanted and self._budget is not None and self._budget.spend_try(asked=aside.asked)

    def _complete(self, item: _ToComplete) -> ReadRecord | Refused | None:
        """Read one record further: the record to save, or the refusal; `None` where it is left for later."""
        self._stop_in_time()
        before = self._ctx.accounts.requests_of(self._source)
        try:
            whole = self._platform.complete(item.ret, item.known)
        except (UntranslatableError, CallError, AccountError) as error:
            self._has_read = True
            return self._failed(item, error)
        except ReturnsyncError:
            raise
        except Exception as error:  # noqa: BLE001 - another package's fault affects only one record, and is reported
            return self._set_aside(item, fault_of_platform(self._ctx, self._source, error))
        if self._ctx.accounts.requests_of(self._source) > before:
            self._has_read = self._has_worked = True
        return self._checked(whole, item.digest)

    def _stop_in_time(self) -> None:
        """Send nothing more once a signal came or the time is up; but at least one record is completed."""
        if self._budget is None or self.error is not None:
            return
        if self._ctx.stop.is_set():
            self._stop(Interrupted(self._source.name, f"{self._source.name}: asked to stop while it was read."))
        elif self._has_read and self._budget.is_time_up:
            self._stop(over_time(self._source))

    def _failed(
        self, item: _ToComplete, error: UntranslatableError | CallError | AccountError
    ) -> ReadRecord | Refused | None:
        """Act on a failure: it concerns the record, or the whole account, and then the record has to wait."""
        if self.error is not None:
            # The account was given up before, so no request was made.
            return None
        match error:
            case UntranslatableError():
                # No request can complete it.
                return self._set_aside(item, str(error))
            case AccountError(__cause__=Unclear() as unclear) if not isinstance(error, Interrupted):
                # The account was given up at this record's read. In the next run, the others come before it.
                self._stop(error)
                return self._set_aside(item, _in_words(unclear))
            case AccountError():
                # The account cannot be used, or a signal came.
                self._stop(error)
                return None
            case NotSent():
                # The server cannot be reached or asks for a pause, so the next record would fail the same way.
                what_next = "The next run goes on."
                self._stop(AccountUnavailable(self._source.name, error.what, what_next, foreign=error.foreign))
                return None
            case Refused() if error.status in OF_ACCOUNT and item.aside is None:
                # Whether that concerns the record or the account shows when the others were tried.
                return error
            case _:
                # Another refusal, no answer, or a bad one: the other records may succeed.
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
        # A single read may differ from the listed form, so its hash does not show a change.
        listed = digest if self._budget is not None else ""
        return ReadRecord(UnreadableRecord(ret.id, content.dumped(ret), problem), listed, was_tried, ret.group)

    def _checked(self, ret: Return, digest: str) -> ReadRecord:
        """A return to save; one that is still to come and has no lines says too little, and is set aside."""
        if ret.lines or ret.not_coming or ret.status in OVER or ret.status is ReturnStatus.REQUESTED:
            return ReadRecord(ret, digest)
        problem = "it has no lines, so nothing says what comes back"
        was_tried = self._needs_reads or self._budget is None
        return self._unreadable(ret, digest, problem, was_tried=was_tried)


def _in_words(error: CallError) -> str:
    how = f"was answered with {error.status}" if error.status else "had no answer"
    return f"a further read that it needs {how}"


def fault_of_platform(ctx: Context, source: Source, error: Exception) -> str:
    """Log and count a fault in a platform's code, which may be another package's; returns it in words."""
    what = f"a fault in the platform's code ({type(error).__name__})"
    logger.error("a fault in the platform's code", exc_info=error)
    ctx.tally.trouble(ReturnsyncError(f"{source.name}: {what}.", "Run again with --verbose and report it."))
    return what


def over_time(source: Source) -> AccountUnavailable:
    """The error for a source whose reading took longer than one run allows."""
    return AccountUnavailable(
        source.name,
        f"{source.name}: reading it took longer than its `time_budget` of {source.settings.time_budget:g} s.",
        "What was read is kept, and the next run goes on from the last window that was read whole. If this lasts, "
        "give it a larger `time_budget`, or find out why the platform is slow.",
    )
