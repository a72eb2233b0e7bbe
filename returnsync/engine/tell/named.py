"""Named: which returns a person means by any of their names, on either side. For `show`, `replay` and `held`."""

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
    """The returns that a name matches: order number on either side, return number, id, code, either tracking number.

    A `#` makes no difference, nor does the form in which it was pasted. The platform's number of an order comes before
    the warehouse's. Records that were set aside are found by the numbers in them, too; then the id is their key.

    The tracking number of the warehouse's label is known only from the address of a page, which may contain other
    numbers, too. With `by_label` false it is not searched: for actions that cannot be undone, or are billed.
    """
    if not typed.may_be_name(text):
        return []
    found = returns.find(q, text) or _by_number_at_warehouse(ctx, q, text) or (_by_label(q, text) if by_label else [])
    return list(dict.fromkeys([*found, *aside.find(ctx, q, text)]))


def _by_label(q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """By the tracking number of the warehouse's label, which is known only from the address of its page."""
    link = typed.cleaned(text)
    number = "".join(filter(str.isalnum, typed.folded(text)))
    if len(number) < _SHORTEST_TRACKING:
        return []
    sought = label_links.that_tell(q, link if "://" in link else number)
    codes = {code for code, told in sought if told == link or number in _tracking_numbers(told)}
    if len(codes) != 1:
        return []  # no address has it; or several have it, as with a customer number
    item = announcements.get(q, codes.pop())
    return [] if item is None else [(item.source, item.return_id)]


def _tracking_numbers(link: str) -> set[str]:
    """Possible tracking numbers in the address of a page: long parts of it that are mostly figures."""
    parts = map(str.casefold, _PART_OF_LINK.findall(link))
    return {
        part
        for part in parts
        if len(part) >= _SHORTEST_TRACKING and sum(map(str.isdigit, part)) >= _FIGURES_OF_TRACKING
    }


def names_of(ctx: Context, q: Queries, item: Announcement, ret: Return | None) -> set[str]:
    """The names that one announcement has and no other of its return: its code, and its order number on either side.

    These are the order's first number, the number that the platform shows now, and the one that the warehouse was asked
    for.
    """
    names = {item.code, item.order_number, item.order_ref}
    if ret is not None:
        names.add(ret.order_ref(item.order_number))
    names |= _asked_for(ctx, q, item)
    for label in ledger.labels(q, item.warehouse, item.code):
        names |= {label["tracking_link"], *_tracking_numbers(label["tracking_link"])} - {""}
    return {written for name in names for written in typed.spellings(name)}


def _asked_for(ctx: Context, q: Queries, item: Announcement) -> set[str]:
    """The number on which it was announced; before that, what the rules make of it without a request."""
    created = ledger.newest_made(q, item.warehouse, item.code, Kind.CREATE) if item.announced_at else None
    if created is not None:
        return {sent.requested(created)[0].order_number}
    source = ctx.sources.get(item.source)
    return set() if source is None else {ctx.numbers.known(ctx.db, source, item)}


def _by_number_at_warehouse(ctx: Context, q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """By the number at the warehouse, where it differs: of what was sent, and of what may still be announced."""
    looks = typed.folded(text)
    written = (*typed.spellings(text), *typed.spellings(typed.plain(text)))
    codes = dict.fromkeys(code for number in written for code in sent.codes_for_order(q, number))
    items = [item for code in codes if (item := announcements.get(q, code)) is not None]
    if looks:
        items += [it for it in announcements.to_announce(q) if looks in map(typed.folded, _asked_for(ctx, q, it))]
    return sorted({(item.source, item.return_id) for item in items})
