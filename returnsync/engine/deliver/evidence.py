"""What tells that a label was made: its file proves it, and what the warehouse shows of the order may be it.

A tracking code on the forecast, or a label of the order that is none of ours, proves nothing: the order's list names no
forecast, and holds the labels that were packed with it. It only forbids to ask for another one by itself.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from returnsync.engine.deliver import on_order
from returnsync.engine.deliver.delivery import Delivery
from returnsync.errors import AccountError, CallError, HoldError, WaitError
from returnsync.labels import LabelFile
from returnsync.model import Cause, ShownLabel
from returnsync.state import label_links, ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Outcome

# The warehouse's clock and ours differ, and its times name no zone (docs/warehouses/monta.md, section 2, Dates).
_CLOCKS_DIFFER = timedelta(hours=3)

_NOT_IN_A_TRACKING_CODE = re.compile(r"[^A-Za-z0-9-]")
_LONGEST_CODE = 40


class Shown(NamedTuple):
    """What the warehouse shows that may be a label of this return."""

    words: str
    """In our own words."""
    foreign: str
    """In the warehouse's."""


def new_file(delivery: Delivery, since: datetime | None = None) -> LabelFile | None:
    """A valid label file under the code that is not that of an earlier label, nor older than `since`."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        earlier = ledger.label_hashes(q, announcement.warehouse, announcement.code)
    for file in delivery.ctx.labels.find(announcement.warehouse, announcement.code):
        if file.sha256 not in earlier and (since is None or file.written >= since):
            return file
    return None


def shown(delivery: Delivery) -> Shown | None:
    """What the warehouse shows that may be its label: a tracking code on its forecast, else a label of its order.

    Raises:
        CallError, HoldError, WaitError: the warehouse did not say.
        AccountError: the warehouse cannot be used at all for now.
    """
    forecast = delivery.warehouse.forecast(delivery.announcement.code)
    is_of_an_earlier_one = delivery.own_label is not None or delivery.announcement.labelled_at is not None
    if forecast is not None and forecast.tracking_code and not is_of_an_earlier_one:
        return Shown(f"its forecast has the tracking code {_plain(forecast.tracking_code)}", forecast.tracking_code)
    entries = unclaimed(delivery, delivery.warehouse.labels_of_order(on_order.number_of(delivery)))
    if not entries:
        return None
    first = entries[0]
    several = f"; there are {len(entries)} such labels" if len(entries) > 1 else ""
    return Shown(f"its order has a label that is none of ours, {_named(first)}{several}", first.tracking_link)


def shown_if_it_says(delivery: Delivery) -> Shown | None:
    """The same, asked once, for a label that is in doubt anyway: where the warehouse does not say, nothing is shown."""
    try:
        with delivery.ctx.accounts.trying_once(delivery.announcement.warehouse):
            return shown(delivery)
    except (CallError, HoldError, WaitError, AccountError):
        return None


def in_doubt(delivery: Delivery, found: Shown | None = None) -> HoldError:
    """That its label may have been made, with what the warehouse shows of it."""
    folder = delivery.ctx.labels.path / delivery.announcement.warehouse
    what = "It is not certain whether its label was made; asking again could buy a second one."
    if found is not None:
        what += f" The warehouse shows that {found.words}."
    for file in delivery.ctx.labels.unusable(delivery.announcement.warehouse, delivery.announcement.code):
        what += f" What once came for it and is no label lies in {delivery.ctx.labels.path / file}."
    return HoldError(
        Cause.LABEL_IN_DOUBT,
        what,
        f"Look for a label of forecast <CODE> in the portal. If there is one, save it as {folder}/<CODE>.pdf, then: "
        "returnsync held retry <CODE>. If there is none: returnsync replay <CODE> --new-label. For many at once: "
        "returnsync held resolve label-in-doubt --none-made.",
        foreign="" if found is None else found.foreign,
    )


def unclaimed(delivery: Delivery, entries: Sequence[ShownLabel]) -> list[ShownLabel]:
    """The labels of its order that may be its own: none of ours by their link, and not older than its forecast."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        created = ledger.standing_create(q, announcement.warehouse, announcement.code)
        ours = label_links.of_order(q, announcement.warehouse, announcement.order_number)
        left = [entry for entry in _without(entries, ours) if not _is_elsewhere(q, delivery, entry)]
    # What stood there before this ledger knew of it may have got its label at any time.
    was_adopted = created is None or created.outcome is Outcome.ADOPTED
    since = None if created is None or was_adopted else created.intent_at - _CLOCKS_DIFFER
    return [entry for entry in left if since is None or entry.created is None or entry.created > since]


def _without(entries: Sequence[ShownLabel], ours: Counter[str]) -> list[ShownLabel]:
    """The entries that are not ours, one entry for each label of ours: several parcels may have one link."""
    known, left = ours.copy(), list[ShownLabel]()
    for entry in entries:
        if known[entry.tracking_link] > 0:
            known[entry.tracking_link] -= 1
        else:
            left.append(entry)
    return left


def _is_elsewhere(q: Queries, delivery: Delivery, entry: ShownLabel) -> bool:
    """Whether it is the label of one other return of ours, which names the order in another way."""
    if not entry.tracking_link:
        return False
    codes = label_links.codes(q, delivery.announcement.warehouse, entry.tracking_link)
    return len(codes) == 1 and codes[0] != delivery.announcement.code


def _named(entry: ShownLabel) -> str:
    code = f"with the tracking code {_plain(entry.tracking_code)}" if entry.tracking_code else "without a tracking code"
    return code if entry.created is None else f"{code}, of {entry.created:%Y-%m-%d %H:%M}"


def _plain(code: str) -> str:
    """A tracking code without anything that is none: a server may write whatever it likes there."""
    return _NOT_IN_A_TRACKING_CODE.sub("", code)[:_LONGEST_CODE]
