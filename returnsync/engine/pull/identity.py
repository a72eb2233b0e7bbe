"""Which return a record is, where its platform gives no ids and its key is made of what it says. Pure.

A postal code or an order number may be rewritten, and with it the key. What stays is the instant of creation.
"""

import re
from collections.abc import Collection, Sequence

from returnsync.mapping.copies import have_same_items
from returnsync.model import Return, ReturnId


def which_return(
    record: Return, known: Sequence[Return], shown: Collection[ReturnId], new: Collection[ReturnId] = ()
) -> ReturnId | None:
    """The id of the return that a record with a new key is; `None` where that is not clear.

    `known` are the known returns of its instant, `shown` the ids of those that the same listing showed, `new` of those
    that it showed for the first time: with another order number, one of them is another return.

    the record has                                              it is
    a fraction of a second, the items of one known return       that return, rewritten
    else a fraction, or a whole second and the same number:
        every such known return was shown beside it             another return
        one of them was not                                     not clear
    neither                                                     a new return
    """
    near = known
    if record.created.microsecond:
        may_be = [ret for ret in known if ret.id not in new or _may_have_same_number(ret, record)]
        same = [ret for ret in may_be if have_same_items(ret, record)]
        if len(same) == 1:
            return same[0].id
    else:
        near = [ret for ret in known if _may_have_same_number(ret, record)]
    return record.id if all(ret.id in shown for ret in near) else None


def _may_have_same_number(one: Return, other: Return) -> bool:
    """Whether a blank, a `#` or leading zeros are all that tells their order numbers apart; no number is like any."""
    ours, theirs = _folded_numbers(one), _folded_numbers(other)
    return not ours or not theirs or bool(ours & theirs)


def _folded_numbers(ret: Return) -> set[str]:
    numbers = {number for line in ret.lines for number in (line.order_number, line.order_ref) if number}
    return {re.sub(r"[\s#]", "", number).lstrip("0").casefold() for number in numbers}
