"""From the platform's order number to the warehouse's, by rules in order. Pure.

Tables and lookups are passed in: a run, a dry run and `check --order` all use `apply_each`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from returnsync.errors import HoldError
from returnsync.mapping.order_rules import Lookup, OrderNumberRule, Rules, Table
from returnsync.model import Cause, OrderNumber, WarehouseOrderNumber


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of a lookup, and a note on it for a person."""

    number: str
    note: str = ""


class Elsewhere(Protocol):
    """What rules need from outside the configuration."""

    def table(self, rule: Table) -> Mapping[str, str]:
        """The table of a rule, as its file is now."""

    def look_up(self, rule: Lookup, number: str) -> Answered:
        """The answer for one number; its `number` is empty where the order is not known there."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of one rule for a number."""

    rule: OrderNumberRule
    """Its text form is the rule as a person writes it."""
    number: str
    """The number after it."""
    note: str = ""


def apply_each(number: OrderNumber, rules: Rules, elsewhere: Elsewhere) -> Iterator[Applied]:
    """Apply every rule once, in order, each to the result of the one before, and give each result.

    Blanks at the ends are never part of a number.

    Raises:
        HoldError: a table or a lookup does not know the number, or a pattern takes too long on it.

    Any exception of `elsewhere` is passed on.
    """
    text = number.strip()
    for rule in rules:
        note = ""
        if isinstance(rule, Table):
            text, note = _by_table(rule, text, elsewhere.table(rule))
        elif isinstance(rule, Lookup):
            answered = elsewhere.look_up(rule, text)
            if not answered.number:
                raise _unknown(text, f"The lookup at {rule.asked}", "Enter the order there, or correct the rule")
            text, note = answered.number, answered.note
        else:
            text = rule.apply(text)
        text = text.strip()
        yield Applied(rule, text, note)


def to_warehouse(number: OrderNumber, rules: Rules, elsewhere: Elsewhere) -> WarehouseOrderNumber:
    """The warehouse's number for the platform's order `number`. Raises as `apply_each` does."""
    text = number.strip()
    for applied in apply_each(number, rules, elsewhere):
        text = applied.number
    return WarehouseOrderNumber(text)


def _by_table(rule: Table, number: str, table: Mapping[str, str]) -> tuple[str, str]:
    if number in table:
        return table[number], ""
    if rule.missing == "hold":
        raise _unknown(number, f"The table {rule.table}", "Add it to the table")
    return number, "not in the table"


def _unknown(number: str, who: str, what_to_do: str) -> HoldError:
    return HoldError(
        Cause.ORDER_NUMBER_UNKNOWN,
        f"{who} does not know order number {number!r}.",
        f"{what_to_do}, then: returnsync held retry <CODE>.",
    )


def folded(number: str) -> str:
    """A number without what a platform may write or leave out: blanks, a leading `#`, leading zeros."""
    bare = "".join(number.split()).lstrip("#")
    return bare.lstrip("0") or bare[-1:]
