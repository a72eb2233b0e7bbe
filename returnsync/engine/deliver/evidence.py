"""Evidence that a label was made: its file proves it, and what the warehouse shows of the order may hint at it.

A tracking code on the forecast, or a label of the order that is not one of ours, proves nothing: the order's list names
no forecasts, and includes labels that were packed with it. It only forbids asking for another label without a person.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from returnsync.engine.deliver import effects, on_order
from returnsync.engine.deliver.delivery import Delivery
from returnsync.errors import AccountError, CallError, HoldError, WaitError
from returnsync.labels import LabelFile
from returnsync.model import Cause, ShownLabel, WarehouseOrderNumber
from returnsync.state import label_links, ledger
from returnsync.state.ledger import Outcome
from returnsync.state.personal import digest_of_link

# The warehouse's clock and ours differ, and its times have no zone (docs/warehouses/monta.md, section 2).
CLOCKS_DIFFER = timedelta(hours=3)

_NOT_IN_A_TRACKING_CODE = re.compile(r"[^A-Za-z0-9-]")
_LONGEST_CODE = 40


class Sign(NamedTuple):
    """What the warehouse shows that may be a label of this return."""

    words: str
    """The description in our own words."""
    foreign: str
    """The warehouse's own text."""


def new_file(delivery: Delivery, since: datetime | None = None) -> LabelFile | None:
    """A valid label file under the code that is not an earlier label, nor older than `since`; `None` without one."""
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        earlier = ledger.label_hashes(q, announcement.warehouse, announcement.code)
    for file in delivery.ctx.labels.find(announcement.warehouse, announcement.code):
        if file.sha256 not in earlier and (since is None or file.written >= since):
            return file
    return None


def sign_of_a_label(delivery: Delivery) -> Sign | None:
    """What the warehouse shows that may be its label: a tracking code on its forecast, or else a label of its order.

    Raises:
        CallError, HoldError, WaitError: the warehouse did not say.
        AccountError: the warehouse cannot be used at all for now.
    """
    forecast = delivery.warehouse.forecast(delivery.announcement.code)
    is_of_an_earlier_one = delivery.own_label is not None or delivery.announcement.labelled_at is not None
    if forecast is not None and forecast.tracking_code and not is_of_an_earlier_one:
        return Sign(f"its forecast has the tracking code {_plain(forecast.tracking_code)}", forecast.tracking_code)
    number = on_order.number_of(delivery)
    entries = unclaimed(delivery, number, delivery.warehouse.labels_of_order(number))
    if not entries:
        return None
    first = entries[0]
    several = f"; there are {len(entries)} such labels" if len(entries) > 1 else ""
    return Sign(f"its order has a label that returnsync does not know, {_named(first)}{several}", first.tracking_link)


def sign_if_it_says(delivery: Delivery) -> Sign | None:
    """The same, with each read made once, for a label that is in doubt in any case; `None` where a read fails."""
    try:
        with delivery.ctx.accounts.trying_once(delivery.announcement.warehouse):
            return sign_of_a_label(delivery)
    except (CallError, HoldError, WaitError, AccountError):
        return None


def in_doubt(delivery: Delivery, found: Sign | None = None) -> HoldError:
    """The hold for a label that may have been made, with what the warehouse shows of it."""
    what = "It is not certain whether its label was made; asking again could buy a second one."
    if found is not None:
        what += f" The warehouse shows that {found.words}."
    what += _what_lies_there(delivery)
    foreign = "" if found is None else found.foreign
    return HoldError(Cause.LABEL_IN_DOUBT, what, _what_to_do(delivery, is_shown=found is not None), foreign=foreign)


def unusable(delivery: Delivery, what: str) -> HoldError:
    """The hold for a label that was made, while what came of it cannot be used."""
    return HoldError(
        Cause.LABEL_UNUSABLE,
        what + _what_lies_there(delivery),
        f"The label was probably made and billed. {_what_to_do(delivery)}",
    )


def _what_lies_there(delivery: Delivery) -> str:
    """A sentence for each file that came for it earlier and is no label."""
    labels = delivery.ctx.labels
    files = labels.unusable(delivery.announcement.warehouse, delivery.announcement.code)
    return "".join(
        f" What came for it before and cannot be used as a label is kept as {labels.path / file}." for file in files
    )


def _what_to_do(delivery: Delivery, *, is_shown: bool = False) -> str:
    """Where to look for the label. Where the warehouse shows what may be one, its support is to be asked first."""
    folder = delivery.ctx.labels.path / delivery.announcement.warehouse
    support = (
        "ask the warehouse's support first, since what it shows usually means that one was made. If none was, "
        if is_shown
        else ""
    )
    return (
        "Look in the warehouse's portal for a label of forecast <CODE>. If there is one, save it as "
        f"{folder}/<CODE>.pdf (or .png, .zpl), then: returnsync held retry <CODE>. If there is none, {support}ask "
        "for another, which is billed: returnsync replay <CODE> --new-label."
    )


def unclaimed(delivery: Delivery, number: WarehouseOrderNumber, entries: Sequence[ShownLabel]) -> list[ShownLabel]:
    """The labels of its order that may be its own: their links are not ours, and they are not older than its forecast.

    Raises:
        CallError, HoldError, AccountError: which forecasts of ours stand on the order could not be read.
    """
    since = _forecast_stands_since(delivery)
    recent = [entry for entry in entries if since is None or entry.created is None or entry.created > since]
    if not recent:
        return []
    # Other sources of ours may use another number for the same order.
    codes = {forecast.code for forecast in delivery.warehouse.forecasts(number)}
    with delivery.db.reading() as q:
        ours = label_links.of(q, delivery.announcement.warehouse, codes)
    return _without(recent, ours)


def _forecast_stands_since(delivery: Delivery) -> datetime | None:
    """The time before which no label of its own can have been made; `None` where that is not known.

    It goes by the warehouse's clock where that was behind ours: ours may have been ahead on that day.
    """
    announcement = delivery.announcement
    with delivery.db.reading() as q:
        created = ledger.standing_create(q, announcement.warehouse, announcement.code)
    if created is None or created.outcome is Outcome.ADOPTED:
        return None  # it existed before this ledger knew of it
    server_time = effects.server_time_of(created)
    return min(created.intent_at, server_time or created.intent_at) - CLOCKS_DIFFER


def _without(entries: Sequence[ShownLabel], ours: Counter[str]) -> list[ShownLabel]:
    """The entries that are not ours. Each label of ours accounts for one entry: several parcels may share a link."""
    known, left = ours.copy(), list[ShownLabel]()
    for entry in entries:
        digest = digest_of_link(entry.tracking_link)
        if known[digest] > 0:
            known[digest] -= 1
        else:
            left.append(entry)
    return left


def _named(entry: ShownLabel) -> str:
    code = f"with the tracking code {_plain(entry.tracking_code)}" if entry.tracking_code else "without a tracking code"
    return code if entry.created is None else f"{code}, of {entry.created:%Y-%m-%d %H:%M}"


def _plain(code: str) -> str:
    """A tracking code without any characters that cannot be part of one: a server may send anything."""
    return _NOT_IN_A_TRACKING_CODE.sub("", code)[:_LONGEST_CODE]
