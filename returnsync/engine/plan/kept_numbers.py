"""Kept numbers: an announced return keeps the order number from which its code was made.

A platform may write a number differently later, with or without a `#`, or leave it out in one version. If that counted
as another order, it would get a second code, and with that a second forecast and a second label. So a line keeps the
number of the announcement for the same order. The number that the platform shows now is the one to ask the warehouse
for (`order_ref`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from returnsync.engine.context import Context
from returnsync.engine.orders import Lead, raw_number
from returnsync.engine.plan.moved import stands
from returnsync.engine.sources import Source
from returnsync.mapping import lines as order_lines
from returnsync.model import Announcement, Code, OrderNumber, Progress, Return, ReturnId, ReturnLine
from returnsync.state import announcements, ledger, parts
from returnsync.state.database import Queries
from returnsync.state.ledger import Kind


def under_kept_numbers(
    ctx: Context, q: Queries, source: Source, home: ReturnId, ret: Return, before: Return | None
) -> Return:
    """A return, or one part of the return `home`, with the order numbers by which it is known.

    `before` is the same record as it was last kept, `None` where it is new. Runs inside a transaction of `ctx.db`.
    """
    begun = [item for item in announcements.of_return(q, source.id, home) if _is_begun(q, item)]
    if before is None:
        kept = _as_its_siblings(q, home, ret)
    elif before.lines:
        kept = _under_begun(ctx, source, ret, before, begun)
    else:
        kept = ret
    first = before.order_numbers() if before else ()
    return _each_order_once(ctx, source, kept, {item.order_number for item in begun}, first)


def with_each_order_once(ctx: Context, q: Queries, source: Source, ret: Return, before: Return | None) -> Return:
    """A return that was joined from its parts, with one number for each order: its parts may spell one differently.

    `before` is the return as last joined, `None` where it is new. Runs inside a transaction of `ctx.db`.
    """
    begun = {item.order_number for item in announcements.of_return(q, source.id, ret.id) if _is_begun(q, item)}
    return _each_order_once(ctx, source, ret, begun, before.order_numbers() if before else ())


def _each_order_once(
    ctx: Context, source: Source, ret: Return, begun: Collection[OrderNumber], first: Collection[OrderNumber]
) -> Return:
    """Give an order that a return names in two spellings one number: one of `first`, else the alphabetically first.

    Numbers that were `begun` stay: each has its own announcement.
    """
    numbers = [number for number in ret.order_numbers() if number not in begun]
    if len(numbers) < 2:  # noqa: PLR2004 - two spellings
        return ret
    leads = {number: ctx.numbers.lead(ctx.db, source, OrderNumber(ret.order_ref(number))) for number in numbers}
    one_of: dict[OrderNumber, OrderNumber] = {}
    for number in sorted(numbers, key=lambda number: (number not in first, number)):
        same = (other for other in one_of.values() if leads[other].is_same_order(leads[number]))
        one_of[number] = next(same, number)
    return replace(
        ret, lines=tuple(_under(line, one_of.get(line.order_number, line.order_number)) for line in ret.lines)
    )


def _under_begun(ctx: Context, source: Source, ret: Return, before: Return, begun: Sequence[Announcement]) -> Return:
    """A return under the numbers of the announcements that were begun for its orders."""
    numbers = ret.order_numbers()
    if numbers == before.order_numbers() and all(item.order_number in numbers for item in begun):
        return ret
    leads = {item.code: ctx.numbers.lead(ctx.db, source, raw_number(item)) for item in begun}
    known = _Known(ret, before, begun, several_orders=source.kind.capabilities.several_orders)
    new = {(line.order_number, line.order_ref): OrderNumber(line.order_ref or line.order_number) for line in ret.lines}
    kept = {key: known.number_of(key[0], ctx.numbers.lead(ctx.db, source, asked), leads) for key, asked in new.items()}
    lines = [
        _under(line, kept[line.order_number, line.order_ref]) if line.order_number.strip() else known.as_before(line)
        for line in ret.lines
    ]
    shown = [line.order_number for line, under in zip(ret.lines, lines, strict=True) if under is not line]
    # People may search by the number that the platform shows now.
    aliases = dict.fromkeys((*ret.aliases, *filter(None, shown)))
    return replace(ret, lines=tuple(lines), aliases=tuple(aliases))


def _is_begun(q: Queries, item: Announcement) -> bool:
    """Whether a call was ever made for it, or a person released it: then it keeps its number, whatever changes."""
    if item.announced_at is not None or item.progress is Progress.RELEASED:
        return True
    return ledger.newest(q, item.warehouse, item.code, Kind.CREATE) is not None


@dataclass(frozen=True)
class _Known:
    """What is known of a return whose order numbers have changed."""

    ret: Return
    before: Return
    begun: Sequence[Announcement]
    several_orders: bool

    def number_of(self, number: OrderNumber, lead: Lead, leads: Mapping[Code, Lead]) -> OrderNumber:
        """The number under which an order of the return is known."""
        if number in self._begun_numbers:
            # It has an announcement of its own.
            return number
        same = [
            item
            for item in self.begun
            if self._may_take(item, number) and (leads[item.code].is_same_order(lead) or self._is_still_a_name_of(item))
        ]
        if same:
            # The order of an announcement, written differently or under another of its names.
            return min(same, key=self._preference).order_number
        first = self.before.lines[0].order_number
        if not self.several_orders and first not in self._begun_numbers:
            # Nothing was sent for it yet: a number that is added, or changes, only changes what the warehouse is asked
            # for.
            return first
        # It is another order.
        return number

    def as_before(self, line: ReturnLine) -> ReturnLine:
        """A line without a number now: with that of the same line before, or of the return's only order."""
        found = [one for one in self.before.lines if order_lines.identity(one) == order_lines.identity(line)]
        if not found and len(self.before.order_numbers()) == 1:
            found = list(self.before.lines)
        kept = {one.order_number: one.order_ref for one in found}
        if len(kept) != 1:
            return line
        ((number, ref),) = kept.items()
        if number == line.order_number or (self.several_orders and number not in self._begun_numbers):
            return line
        return replace(line, order_number=number, order_ref=line.order_ref or ref)

    @property
    def _begun_numbers(self) -> set[OrderNumber]:
        return {item.order_number for item in self.begun}

    def _is_still_a_name_of(self, item: Announcement) -> bool:
        """Whether the return's only order still has the number of an announcement among its aliases."""
        numbers = {item.order_number, item.order_ref} - {""}
        return not self.several_orders and not numbers.isdisjoint(self.ret.aliases)

    def _may_take(self, item: Announcement, number: OrderNumber) -> bool:
        """Whether both may be one order: numbers that the return had side by side, and still has, stay two."""
        return number not in self.before.order_numbers() or item.order_number not in self.ret.order_numbers()

    def _preference(self, item: Announcement) -> tuple[bool, bool, str]:
        """Prefer numbers that are not named any more, then announcements that are at the warehouse."""
        return item.order_number in self.ret.order_numbers(), not stands(item), item.code


def _under(line: ReturnLine, number: OrderNumber) -> ReturnLine:
    if line.order_number == number:
        return line
    return replace(line, order_number=number, order_ref=line.order_ref or line.order_number)


def _as_its_siblings(q: Queries, home: ReturnId, ret: Return) -> Return:
    """A new part keeps the earlier number of its order, where another part is known by that."""
    if home == ret.id:
        return ret
    known = _renumbered(parts.of_home(q, ret.source, home))
    lines = tuple(_under(line, known.get(line.order_number, line.order_number)) for line in ret.lines)
    return replace(ret, lines=lines)


def _renumbered(siblings: Iterable[Return]) -> dict[str, OrderNumber]:
    """The number under which an order is known, by the number with which it was shown later."""
    return {
        OrderNumber(alias): line.order_number
        for part in siblings
        for line in part.lines
        for alias in part.aliases
        if line.order_ref == alias and line.order_number != alias
    }
