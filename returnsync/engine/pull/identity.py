"""Which return a record is, where its platform gives no ids and its key is made of its contents. Pure.

A postal code or an order number may be rewritten, and with it the key changes. The instant of creation does not change.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from returnsync.mapping.copies import have_same_items
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.order_numbers import folded
from returnsync.model import Return, ReturnId


@dataclass(frozen=True, slots=True)
class Unclear:
    """A record that may be one of these known returns, or another one."""

    may_be: tuple[ReturnId, ...]


def which_return(
    record: Return,
    known: Sequence[Return],
    shown: Collection[ReturnId],
    new: Collection[ReturnId],
    same_skus: LineRules,
    *,
    is_whole: bool,
) -> ReturnId | Unclear:
    """The return that a record with a new key is.

    `known` are the known returns of its instant. `shown` are the ids of those that the same window of a listing shows
    under a known key, and `new` of those that it shows for the first time. Where the window `is_whole`, what it does
    not show is not there.

    the record has                                              it is
    a fraction of a second, the items of one known return       that return, rewritten; not clear where its order is
                                                                another, and that return is, or may be, shown beside it
    else a fraction, or a whole second and the same number:
        every such known return is shown beside it              another return
        one of them is not                                      not clear
    neither                                                     a new return
    """
    near = known
    if record.created.microsecond:
        # Two new ones are the returns of two orders: neither was known before, so neither can be rewritten.
        may_be = [ret for ret in known if ret.id not in new or may_have_same_number(ret, record)]
        same = [ret for ret in may_be if have_same_items(ret, record, same_skus)]
        if len(same) == 1:
            (one,) = same
            is_surely_gone = is_whole and one.id not in shown
            return one.id if is_surely_gone or may_have_same_number(one, record) else Unclear((one.id,))
    else:
        near = [ret for ret in known if may_have_same_number(ret, record)]
    not_shown = tuple(ret.id for ret in near if ret.id not in shown and ret.id not in new)
    return Unclear(not_shown) if not_shown else record.id


def may_have_same_number(one: Return, other: Return) -> bool:
    """Whether their order numbers differ only in blanks, a `#` or leading zeros; a missing number matches any."""
    ours, theirs = _folded_numbers(one), _folded_numbers(other)
    return not ours or not theirs or bool(ours & theirs)


def _folded_numbers(ret: Return) -> set[str]:
    numbers = {number for line in ret.lines for number in (line.order_number, line.order_ref)}
    return {folded(number).casefold() for number in numbers if folded(number)}
