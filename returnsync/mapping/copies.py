"""Copies of one return: which is the newer one, and whether two can be the same return at all. Pure.

`same_skus` says which spellings of a SKU are the same one. Two lines are not different articles because only one of
them has an order-line id.
"""

from collections.abc import Iterable, Sequence

from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.lines import units
from returnsync.mapping.told import is_as_told
from returnsync.model import Return

CONTRADICTS_ITSELF = "One listing shows two returns under this key, with different items."


def have_same_items(one: Return, other: Return, same_skus: LineRules) -> bool:
    """Whether both certainly name the same units of the same articles, or both list no items."""
    may_be = bool(one.lines and other.lines) and one.lists_items == other.lists_items
    return may_be and is_as_told(units(one.lines), other.lines, same_skus)


def contradict(one: Return, other: Return, same_skus: LineRules) -> bool:
    """Whether two records with one key cannot be the same return, shown twice in a single listing.

    One of them may be an older copy, from before or after items were added. Where neither is older, it is unclear what
    comes back.
    """
    if one.lists_items and other.lists_items:
        return not have_same_items(one, other, same_skus)
    is_one_older = one.is_older_than(other) or other.is_older_than(one)
    return bool(one.lines and other.lines) and one.lists_items != other.lists_items and not is_one_older


def newest(copies: Sequence[Return]) -> list[Return]:
    """Those of several copies of one return than which none is newer, in their order: at least one."""
    return [copy for copy in copies if not any(copy.is_older_than(other) for other in copies)]


def by_items(copies: Iterable[Return], same_skus: LineRules) -> list[list[Return]]:
    """Copies with one key, in groups that cannot be the same return: members do not contradict their group's first."""
    groups: list[list[Return]] = []
    for copy in copies:
        group = next((group for group in groups if not contradict(group[0], copy, same_skus)), None)
        if group is None:
            groups.append([copy])
        else:
            group.append(copy)
    return groups
