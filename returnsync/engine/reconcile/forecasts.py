"""The forecasts that a warehouse lists, compared with those that the state has announced."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from returnsync import clock
from returnsync.engine.plan import is_to_be_read_first, may_be_of
from returnsync.engine.reconcile.describing import name_of, of_announcement, of_nobody
from returnsync.engine.reconcile.differences import Difference, Kind, ToAdopt
from returnsync.engine.reconcile.known import Known
from returnsync.model import Announcement, Cause, Progress, Step
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries

_MAY_GO_ON = frozenset({Progress.DUE, Progress.WAITING})
# A person has taken these over, or knows that they are gone.
_SEEN_TO = frozenset({Progress.RELEASED, Progress.WITHDRAWN})
# A list also has the adjacent days, in whichever time zone the warehouse counts them.
_BESIDE = timedelta(days=2)

_ADOPT = "Add it to the state: returnsync reconcile --adopt."
_RETRY = "Look at it in the warehouse's portal, then: returnsync held retry <CODE>."
_READ_FIRST = "The next run goes on with it once all of its return could be read: returnsync show <CODE>."
_REMOVE = "Remove forecast <CODE> in the warehouse's portal, unless its goods come after all."
_GONE = (
    "If the goods still come, announce them by hand in the warehouse's portal first. Then, or if it was removed on "
    "purpose: returnsync held release <CODE>."
)
_TWICE = "Remove all but one in the warehouse's portal. To see which one has a label: returnsync show <CODE>."
_UNKNOWN_CODE = (
    "It may come from another state file, or from this one before it was lost. Look it up in the warehouse's portal. "
    "Where its platform still shows the return: returnsync replay ORDER."
)


def compare_listed(known: Known, listed: Mapping[str, int]) -> Iterator[Difference]:
    """Forecasts that are not known here, and those that exist twice; `listed` has the number for each code.

    Raises:
        AccountError: the warehouse cannot be asked any more.
    """
    for code, number in listed.items():
        if known.ctx.stop.is_set():
            return
        with known.ctx.db.reading() as q:
            item = announcements.get(q, code)
        if item is None and _is_ours(known, item, code):
            what = "A forecast under a code that looks like one of ours, and no return here has that code."
            yield of_nobody(Kind.ANNOUNCED_THERE, what, _UNKNOWN_CODE, warehouse=known.name, code=code)
        elif item is not None and item.source in known.sources:
            yield from _compare_known(known, item, number)


def compare_unlisted(known: Known, listed: Iterable[str]) -> Iterator[Difference]:
    """What is announced here and gone there. A list may omit one, so only the answer about its own code counts.

    Raises:
        AccountError: the warehouse cannot be asked any more.
    """
    codes = frozenset(listed)
    settle = timedelta(seconds=known.ctx.accounts.warehouse_settings(known.name).settle_after)
    for item in known.announced:
        if known.ctx.stop.is_set():
            return
        is_fresh = item.announced_at is not None and clock.now() - item.announced_at < settle
        if item.code in codes or item.progress in _SEEN_TO or is_fresh:
            continue  # it is there; or its end is known; or it may not be shown yet
        with known.noting_failures("forecasts"):
            if known.account.forecast(item.code) is None:
                yield _gone(known, item)


def count_others(known: Known, listed: Mapping[str, int]) -> int:
    """How many of the listed forecasts do not belong to the chosen sources."""
    with known.ctx.db.reading() as q:
        return sum(number for code, number in listed.items() if not _is_ours(known, announcements.get(q, code), code))


def _is_ours(known: Known, item: Announcement | None, code: str) -> bool:
    if item is None:
        return any(may_be_of(source, code) for source in known.sources)
    return item.source in known.sources


def _compare_known(known: Known, item: Announcement, number: int) -> Iterator[Difference]:
    if item.progress is Progress.RELEASED:
        return  # a person has taken it over
    with known.ctx.db.reading() as q:
        if item.warehouse != known.name:
            yield _at_another_warehouse(known, q, item)
        elif number > 1:
            yield _twice(known, q, item, number)
        elif item.announced_at is None and not _is_for_next_run(known, q, item):
            yield _announced_there(known, q, item)
    if number == 1 and item.announced_at is not None and item.announced_at < known.since - _BESIDE:
        # The one that we made is older than the list, so this may be a second one.
        with known.noting_failures("forecasts"):
            yield from _made_again(known, item)


def _made_again(known: Known, item: Announcement) -> Iterator[Difference]:
    sent = known.sent.get(item.code)
    if sent is None or not sent.order_number or item.warehouse != known.name:
        return
    there = sum(1 for one in known.account.forecasts(sent.order_number) if one.code == item.code)
    if there > 1:
        with known.ctx.db.reading() as q:
            yield _twice(known, q, item, there)


def _twice(known: Known, q: Queries, item: Announcement, number: int) -> Difference:
    what = f"The warehouse has {number} forecasts under its code."
    return of_announcement(known.ctx, q, Kind.ANNOUNCED_TWICE, item, what, _TWICE)


def _at_another_warehouse(known: Known, q: Queries, item: Announcement) -> Difference:
    if item.announced_at is not None:
        what = f"It is announced at {item.warehouse}, and {known.name} has a forecast under its code as well."
        return of_announcement(known.ctx, q, Kind.ANNOUNCED_TWICE, item, what, _TWICE)
    what = f"Its forecast is at {known.name}, but here it goes to {item.warehouse}, where it would be made again."
    next_step = f"Remove the one at {known.name} in its portal, or send this source's returns there again."
    return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, next_step)


def _is_for_next_run(known: Known, q: Queries, item: Announcement) -> bool:
    """Whether the next run finds it by itself: it resolves what is in flight, and looks before it announces."""
    return ledger.has_create_in_flight(q, item.code) or (item.source, item.return_id) in known.unread


def _announced_there(known: Known, q: Queries, item: Announcement) -> Difference:
    what = "Its forecast is at the warehouse, but the state does not have it as announced."
    if is_to_be_read_first(q, item):
        return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, _READ_FIRST)
    if item.progress in _MAY_GO_ON and item.step is not Step.NONE:
        to_adopt = ToAdopt(name_of(known.ctx, item.source), code=item.code)
        return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, _ADOPT, to_adopt)
    what += f" Here it is {item.progress.replace('_', ' ')}. {item.what}"
    if item.progress is Progress.HELD:
        return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, item.next_step or _RETRY)
    # It is withdrawn, left alone, or waits for its platform: nothing is done for it here.
    return of_announcement(known.ctx, q, Kind.ANNOUNCED_THERE, item, what, _REMOVE)


def _gone(known: Known, item: Announcement) -> Difference:
    what, next_step = "It was announced, but the warehouse says that there is no such forecast.", _GONE
    if item.progress is Progress.HELD and item.cause is Cause.CANCELLED_AFTER:
        what = "The platform rejected or cancelled it, and its forecast is gone, as it should be."
        next_step = "To mark it as withdrawn: returnsync held retry <CODE>."
    with known.ctx.db.reading() as q:
        return of_announcement(known.ctx, q, Kind.GONE_THERE, item, what, next_step)
