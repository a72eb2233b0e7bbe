"""Named: which returns a person means by whatever a return goes by, on either side. For `show`, `replay` and `held`."""

import re

from returnsync import typed
from returnsync.engine.context import Context
from returnsync.engine.tell import aside
from returnsync.model import Announcement, Return, ReturnId, SourceId
from returnsync.state import announcements, label_links, ledger, returns, sent
from returnsync.state.database import Queries
from returnsync.state.ledger import Kind

_SHORTEST_TRACKING, _FIGURES_OF_TRACKING = 8, 6
_PART_OF_LINK = re.compile(r"[A-Za-z0-9]+")


def find(ctx: Context, q: Queries, text: str, *, by_label: bool = True) -> list[tuple[SourceId, ReturnId]]:
    """The returns that go by a name: order number on either side, return number, id, code, either tracking number.

    With or without a `#`, and however it was pasted. What the platform calls an order comes before what the warehouse
    calls it. Records that were set aside are found by what they tell, too: then the id is their key.

    The warehouse's label tells its tracking number in the address of a page alone, which may hold other numbers, too.
    What cannot be undone, or is billed, is not done by such a name: there `by_label` is false.
    """
    if not typed.may_be_name(text):
        return []
    found = returns.find(q, text) or _by_number_at_warehouse(ctx, q, text) or (_by_label(q, text) if by_label else [])
    return list(dict.fromkeys([*found, *aside.find(ctx, q, text)]))


def _by_label(q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """By the tracking number of the warehouse's label, which tells it in the address of its page alone."""
    link = typed.cleaned(text)
    number = "".join(filter(str.isalnum, typed.folded(text)))
    if len(number) < _SHORTEST_TRACKING:
        return []
    sought = label_links.that_tell(q, link if "://" in link else number)
    codes = {code for code, told in sought if told == link or number in _tracking_numbers(told)}
    if len(codes) != 1:
        return []  # nothing tells it; or it is the same in every address, as a customer number is
    item = announcements.get(q, codes.pop())
    return [] if item is None else [(item.source, item.return_id)]


def _tracking_numbers(link: str) -> set[str]:
    """What may be the tracking number in the address of a page: a long part of it that is mostly figures."""
    parts = map(str.casefold, _PART_OF_LINK.findall(link))
    return {
        part
        for part in parts
        if len(part) >= _SHORTEST_TRACKING and sum(map(str.isdigit, part)) >= _FIGURES_OF_TRACKING
    }


def names_of(ctx: Context, q: Queries, item: Announcement, ret: Return | None) -> set[str]:
    """What one announcement goes by, and no other of its return: its code, and its order number on either side.

    As the order was called first, as the platform shows it now, and as the warehouse was asked for it.
    """
    names = {item.code, item.order_number, item.order_ref}
    if ret is not None:
        names.add(ret.order_ref(item.order_number))
    names |= _asked_for(ctx, q, item)
    for label in ledger.labels(q, item.warehouse, item.code):
        names |= {label["tracking_link"], *_tracking_numbers(label["tracking_link"])} - {""}
    return {written for name in names for written in typed.spellings(name)}


def _asked_for(ctx: Context, q: Queries, item: Announcement) -> set[str]:
    """The number that it was announced on; before that, what the rules make of it without asking anybody."""
    created = ledger.newest_made(q, item.warehouse, item.code, Kind.CREATE) if item.announced_at else None
    if created is not None:
        return {sent.requested(created)[0].order_number}
    source = ctx.sources.get(item.source)
    return set() if source is None else {ctx.numbers.known(ctx.db, source, item)}


def _by_number_at_warehouse(ctx: Context, q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """By the number at the warehouse, where it is another: of what was sent, and of what may still be announced."""
    looks = typed.folded(text)
    written = (*typed.spellings(text), *typed.spellings(typed.plain(text)))
    codes = dict.fromkeys(code for number in written for code in sent.codes_for_order(q, number))
    items = [item for code in codes if (item := announcements.get(q, code)) is not None]
    if looks:
        items += [it for it in announcements.to_announce(q) if looks in map(typed.folded, _asked_for(ctx, q, it))]
    return sorted({(item.source, item.return_id) for item in items})
