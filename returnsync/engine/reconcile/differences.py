"""The differences between the state and what platforms and warehouses show: their kinds, in words. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from returnsync.model import ReturnId


class Kind(StrEnum):
    """What differs."""

    NOT_HERE = "seen-there-not-here"
    CHANGED = "changed-there-not-here"
    ANNOUNCED_THERE = "announced-there-not-here"
    GONE_THERE = "announced-here-gone-there"
    ANNOUNCED_TWICE = "announced-twice"
    CANCELLED = "cancelled-since"
    UNANNOUNCED = "received-never-announced"
    SHORT = "booked-short"
    OVER = "booked-over"
    SEVERAL_LABELS = "several-labels"


MEANINGS: dict[Kind, str] = {
    Kind.NOT_HERE: "Its platform shows a return that is not in the state, although its source was read past it.",
    Kind.CHANGED: "Its platform shows a return differently from the state, although it was read since.",
    Kind.ANNOUNCED_THERE: "The warehouse has a forecast under one of our codes, and the state does not know it.",
    Kind.GONE_THERE: "The state has it as announced, but the warehouse says that there is no such forecast.",
    Kind.ANNOUNCED_TWICE: "The warehouse has two or more forecasts under one of our codes.",
    Kind.CANCELLED: "The platform rejected or cancelled a return whose forecast is still at the warehouse.",
    Kind.UNANNOUNCED: "The warehouse received a return that it matched with no forecast.",
    Kind.SHORT: "The warehouse booked fewer units than were announced.",
    Kind.OVER: "The warehouse booked more units than were announced, or articles that were not announced.",
    Kind.SEVERAL_LABELS: "An order has more return labels than returns that were announced for it.",
}
"""A sentence for each kind, for people."""

COMPARE_LATER = "Compare again later: returnsync reconcile"
"""The next step where something could not be compared, and nothing else is known to help."""


@dataclass(frozen=True)
class Difference:
    """One difference, masked. What is not known is empty."""

    kind: Kind
    what: str
    """A sentence that says what differs."""
    next_step: str = ""
    """What to do about it."""
    source: str = ""
    warehouse: str = ""
    order_number: str = ""
    """As its platform writes it; where no return is known, as the warehouse writes it."""
    number: str = ""
    """The number of the return."""
    return_id: str = ""
    code: str = ""
    to_adopt: "ToAdopt | None" = None
    """What would be taken into the state, if that is certain."""

    def as_json(self) -> dict[str, Any]:
        """One object, with whether it is certain enough to be adopted."""
        return {
            "kind": self.kind.value,
            "source": self.source,
            "warehouse": self.warehouse,
            "order_number": self.order_number,
            "return_number": self.number,
            "return_id": self.return_id,
            "code": self.code,
            "what": self.what,
            "next_step": self.next_step,
            "certain": self.to_adopt is not None,
        }


@dataclass(frozen=True)
class ToAdopt:
    """What is taken into the state: records that are read again at their source, or an existing forecast."""

    source: str
    """The name of its source."""
    records: tuple[ReturnId, ...] = ()
    code: str = ""
