"""Completing: the further reads that new and changed returns need before they are saved.

What stops an account (its limit, a signal, its time) stops nothing that was read: the records that need no further read
are taken all the same, and the others are left for the next run, which begins with them.
"""

import logging
import random
from collections.abc import Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from time import monotonic
from typing import NamedTuple

from returnsync.engine.context import Context
from returnsync.engine.pull.turns import Turns
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
from returnsync.model import OVER, Return, ReturnStatus, UnreadableRecord
from returnsync.platforms.interface import Platform
from returnsync.platforms.records import UntranslatableError
from returnsync.state import announcements, content, parts, returns, set_aside
from returnsync.state.set_aside import Aside

logger = logging.getLogger("returnsync.pull")

# So many reads that were refused, and none that was not: it is the account that may not make them.
_REFUSALS = 5


class Taken(NamedTuple):
    """A record that was read: the return, with the hash of it as it was listed; or what cannot be read."""

    ret: Return | UnreadableRecord
    digest: str = ""
    tried: bool = False
    """Whether a request was spent on reading it in vain."""
    home: str = ""
    """Of what cannot be read: the return that it is one part of."""


class Patience(NamedTuple):
    """What a run may spend on one source."""

    began: datetime
    """When it began: what was set aside since then is for the next run."""
    until: float
    """Until when it may go on, by `time.monotonic`."""
    turns: Turns


class _News(NamedTuple):
    """A new or changed return that is still to be completed."""

    ret: Return
    digest: str
    known: Return | None
    aside: Aside | None


class Completing:
    """The further reads of one source in one run."""

    def __init__(self, ctx: Context, source: Source, platform: Platform, patience: Patience | None = None) -> None:
        """Read with `platform`. Without `patience` a record is read whatever its turn: for single ones."""
        self._ctx = ctx
        self._source = source
        self._platform = platform
        self._patience = patience
        self._needs_reads = type(platform).complete is not Platform.complete
        self._has_read = self._has_worked = False
        self._refused: list[tuple[_News, Refused]] = []
        self.postponed: list[Return] = []
        """Those of the last records that are left for the next run."""
        self.error: AccountError | None = None
        """Why nothing more is read of this source."""

    def each(self, records: Iterable[Return]) -> Iterator[Taken]:
        """Complete those that are new or changed: first those that never failed, then what was set aside before.

        What cannot be completed now is set aside. `postponed` and `error` say afterwards what was left, and why.
        """
        self.postponed, self._refused = [], []
        news: list[_News] = []
        for ret in {ret.id: ret for ret in records}.values():  # of one that comes twice the last counts
            found = self._look(ret)
            if isinstance(found, Taken):
                yield found
            else:
                news.append(found)
        news.sort(key=lambda item: item.aside is not None)
        while news:
            # Some that are refused each time must not hide, run after run, that others are not.
            seeking = bool(self._refused) and not self._has_worked
            item = news.pop(random.randrange(len(news)) if seeking else 0)  # noqa: S311 - no secret hangs on it
            if (taken := self._complete(item)) is not None:
                yield taken
        yield from self._judged()

    def _look(self, ret: Return) -> Taken | _News:
        """What is to be done about a return as it was listed, by what state knows of it."""
        # Where the list leaves out what a return is made of, only its time of change can tell that it changed.
        digest = content.content_hash(ret, timed=self._needs_reads and not ret.lines)
        if not self._needs_reads:
            return self._whole(ret, digest)
        with self._ctx.db.reading() as q:
            if not returns.is_news(q, ret, digest):
                return Taken(ret, digest)
            part = parts.get(q, ret.source, ret.id)
            begun = announcements.is_begun(q, ret.source, part.home if part else ret.id)
            known = part.ret if part else returns.get(q, ret.source, ret.id)
            aside = set_aside.get(q, ret.source, ret.id, self._patience.began) if self._patience else None
        if ret.status in OVER and (not begun or (known is not None and known.lines and not ret.lines)):
            return Taken(ret, digest)
        if aside is not None and not self._takes_a_turn(aside, digest):
            return Taken(aside.record, aside.digest)
        return _News(ret, digest, known if begun else None, aside)

    def _takes_a_turn(self, aside: Aside, digest: str) -> bool:
        """Spend a turn on what was set aside, where it is due or changed; false where it has to wait."""
        wanted = aside.is_due or aside.digest != digest
        return wanted and self._patience is not None and self._patience.turns.take(asked=aside.asked)

    def _complete(self, news: _News) -> Taken | None:
        """One record, read further; `None` where that is left for later."""
        self._stop_in_time()
        before = self._ctx.accounts.requests_of(self._source)
        try:
            whole = self._platform.complete(news.ret, news.known)
        except (UntranslatableError, CallError, AccountError) as error:
            self._has_read = True
            return self._failed(news, error)
        except ReturnsyncError:
            raise
        except Exception as error:  # noqa: BLE001 - another package's fault costs one record, and is told
            return self._aside(news, fault_of_platform(self._ctx, self._source, error))
        if self._ctx.accounts.requests_of(self._source) > before:
            self._has_read = self._has_worked = True
        return self._whole(whole, news.digest)

    def _stop_in_time(self) -> None:
        """Send nothing more once a signal came or the time is up; but one record is completed in any case."""
        if self._patience is None or self.error is not None:
            return
        if self._ctx.stop.is_set():
            self._leave(Interrupted(self._source.name, f"{self._source.name}: asked to stop while it was read."))
        elif self._has_read and monotonic() > self._patience.until:
            self._leave(over_time(self._source))

    def _failed(self, news: _News, error: UntranslatableError | CallError | AccountError) -> Taken | None:
        """Act on a failure: it is the record's own, or the whole account's, and then the record has to wait."""
        if self.error is not None:
            self.postponed.append(news.ret)  # nothing was asked
            return None
        match error:
            case UntranslatableError():
                return self._aside(news, str(error))
            case AccountError(__cause__=Unclear() as unclear) if not isinstance(error, Interrupted):
                # The last read that failed was this record's: with the next run, the others come before it.
                self._leave(error)
                return self._aside(news, _answered(unclear))
            case AccountError():
                self._leave(error)
            case NotSent():
                what_next = "The next run goes on."
                self._leave(AccountUnavailable(self._source.name, error.what, what_next, foreign=error.foreign))
            case Refused(status=HTTPStatus.FORBIDDEN) if news.aside is None:
                self._refuse(news, error)
                return None
            case _:
                logger.info("return %s cannot be completed now: %s", news.ret.id, error.what)
                return self._aside(news, _answered(error))
        self.postponed.append(news.ret)
        return None

    def _refuse(self, news: _News, error: Refused) -> None:
        """Remember a read that was refused: whether that is the record's or the account's shows in the end."""
        self._refused.append((news, error))
        if len(self._refused) >= _REFUSALS and not self._has_worked:
            self._leave(self._not_permitted(error))

    def _judged(self) -> Iterator[Taken]:
        """Records whose further reads were refused: each for itself where others are not, else it is the account."""
        for news, error in self._refused:
            if self._has_worked:
                yield self._aside(news, _answered(error))
            else:
                self.postponed.append(news.ret)
                if self.error is None:
                    self._leave(self._not_permitted(error))

    def _not_permitted(self, error: Refused) -> AccountRefused:
        refused = AccountRefused(
            self._source.name,
            f"{self._platform.title} refuses a read that a return needs to be completed (HTTP {error.status}).",
            "Check what the credentials of this source may read; its page in docs/platforms says what is needed.",
            foreign=error.foreign,
        )
        refused.__cause__ = error
        return refused

    def _leave(self, error: AccountError) -> None:
        self.error = error
        self._ctx.accounts.read_no_more(self._source, error)

    def _aside(self, news: _News, problem: str) -> Taken:
        return self._unreadable(news.ret, news.digest, problem, tried=True)

    def _unreadable(self, ret: Return, digest: str, problem: str, *, tried: bool) -> Taken:
        # What is read singly may differ from what was listed, so its hash says nothing of a change.
        listed = digest if self._patience is not None else ""
        return Taken(UnreadableRecord(ret.id, content.dumped(ret), problem), listed, tried, ret.group)

    def _whole(self, ret: Return, digest: str) -> Taken:
        """A return as it is to be saved; one that is coming and has no lines says too little."""
        if ret.lines or ret.not_coming or ret.status in OVER or ret.status is ReturnStatus.REQUESTED:
            return Taken(ret, digest)
        problem = "it has no lines, so nothing says what comes back"
        return self._unreadable(ret, digest, problem, tried=self._needs_reads or self._patience is None)


def _answered(error: CallError) -> str:
    how = f"was answered with {error.status}" if error.status else "had no answer"
    return f"a further read that it needs {how}"


def fault_of_platform(ctx: Context, source: Source, error: Exception) -> str:
    """Tell a fault in one platform's code, which may be another package's; gives it in words."""
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
