"""The forecasts that a warehouse lists against those that the state has announced."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from returnsync import clock
from returnsync.engine.plan import may_be_of
from returnsync.engine.reconcile.describing import name_of, of_announcement, of_nobody
from returnsync.engine.reconcile.differences import Difference, Kind, ToAdopt
from returnsync.engine.reconcile.known import Known
from returnsync.errors import HoldError
from returnsync.model import Announcement, Progress, Step
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries

# In a person's hands, or gone with a person's knowledge: that its forecast is not there is no news.
_SEEN_TO = frozenset({Progress.RELEASED, Progress.WITHDRAWN})
_MAY_GO_ON = frozenset({Progress.DUE, Progress.WAITING})

_ADOPT = "Take it into the state: returnsync reconcile --adopt."
_RETRY = "Look at it in the warehouse's portal, then: returnsync held retry <CODE>."
_GONE = (
    "If the goods still come, announce them by hand in the warehouse's portal. Then, and also where it was removed on "
    "purpose: returnsync held release <CODE>."
)
_TWICE = "Remove all but one in the warehouse's portal; see on which one a label hangs: returnsync show <CODE>."
_UNKNOWN_CODE = (
    "It may come from another state file, or from this one before it was lost. Look it up in the warehouse's portal. "
    "Where its platform still shows the return: returnsync replay ORDER."
)


def compare_forecasts(known: Known, listed: Mapping[str, int]) -> Iterator[Difference]:
    """What stands there and is not known here, what is known here and gone there, and what stands there twice.

    Raises:
        CallError, AccountError: whether one stands there could not be asked.
    """
    for code, number in listed.items():
        yield from _compare_listed(known, code, number)
    for item in known.announced:
        if known.ctx.stop.is_set():
            return
        if item.code not in listed and item.progress not in _SEEN_TO and not _may_stand(known, item):
            what = "It was announced, and the warehouse says that there is no such forecast."
            with known.ctx.db.reading() as q:
                yield of_announcement(known.ctx, q, Kind.GONE_THERE, item, what, _GONE)


def count_others(known: Known, listed: Mapping[str, int]) -> int:
    """How many of the forecasts that are listed are none of the chosen sources'."""
    with known.ctx.db.reading() as q:
        return sum(number for code, number in listed.items() if not _is_ours(known, announcements.get(q, code), code))


def _is_ours(known: Known, item: Announcement | None, code: str) -> bool:
    if item is None:
        return any(may_be_of(source, code) for source in known.sources)
    return item.source in known.sources


def _compare_listed(known: Known, code: str, number: int) -> Iterator[Difference]:
    with known.ctx.db.reading() as q:
        item = announcements.get(q, code)
        if not _is_ours(known, item, code):
            return
        if item is None:
            what = "A forecast stands at the warehouse under a code of ours, and no return here has that code."
            yield of_nobody(Kind.ANNOUNCED_THERE, what, _UNKNOWN_CODE, warehouse=known.name, code=code)
        elif number > 1:
            what = f"{number} forecasts stand at the warehouse under its code."
            yield of_announcement(known.ctx, q, Kind.ANNOUNCED_TWICE, item, what, _TWICE)
        elif item.announced_at is None and not _is_for_next_run(known, q, item):
            yield _announced_there(known, q, item)


def _is_for_next_run(known: Known, q: Queries, item: Announcement) -> bool:
    """Whether the next run finds it by itself: it resolves what is in flight, and looks before it announces."""
    return ledger.has_create_in_flight(q, item.code) or (item.source, item.return_id) in known.unread


def _announced_there(known: Known, q: Queries, item: Announcement) -> Difference:
    what = "Its forecast stands at the warehouse, and the state does not have it announced."
    if item.progress in _MAY_GO_ON and item.step is not Step.NONE:
        to_adopt = ToAdopt(name_of(known.ctx, item.source), code=item.code)
        return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, _ADOPT, to_adopt)
    what += f" Here it is {item.progress.replace('_', ' ')}. {item.what}"
    return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, item.next_step or _RETRY)


def _may_stand(known: Known, item: Announcement) -> bool:
    """Whether it may stand there all the same: a list may leave one out, and only the word on this very code counts."""
    settle = timedelta(seconds=known.ctx.accounts.warehouse_settings(known.name).settle_after)
    if item.announced_at is not None and clock.now() - item.announced_at < settle:
        return True  # it may not show yet
    try:
        return known.account.forecast(item.code) is not None
    except HoldError:
        return True  # it is not shown, which does not mean that it is gone
