"""Plan: from the state only, what is to be done. A `Plan` is a value, and all the input that delivering needs."""

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.model import (
    Announcement,
    Cause,
    Code,
    ReturnId,
    SourceId,
    Step,
    WarehouseName,
    WarehouseOrderNumber,
)
from returnsync.state import announcements, breakers, ledger, parts, set_aside
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.plan")


@dataclass(frozen=True, slots=True)
class Planned:
    """One announcement for which something is to be done."""

    code: Code
    source: SourceId
    return_id: ReturnId
    step: Step
    never_tried: bool
    """Whether it is new: an announcement that waited for its order was tried, and passed the guard, when it was new."""
    is_last: bool
    """Whether it comes after all others: a call for it failed, was refused, or its create was lost before."""
    warehouse: WarehouseName
    order_number: WarehouseOrderNumber
    """The warehouse's number, as far as it is known without a call; it decides what may run in parallel."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be done now, oldest first; announcements with a failed, refused or lost call come last.

    An order whose calls always fail, each after the longest timeout, must not be the first in every run.
    """

    actions: tuple[Planned, ...]

    def new_announcements(self) -> Counter[SourceId]:
        """How many announcements are tried for the first time, by source; sources without any count 0."""
        found = Counter[SourceId]()
        for planned in self.actions:
            found[planned.source] += planned.never_tried and planned.step is Step.ANNOUNCE
        return found

    def counts(self, source: SourceId) -> Counter[Step]:
        """How many announcements of a source are at each step."""
        return Counter(planned.step for planned in self.actions if planned.source == source)

    def only(self, codes: Collection[Code]) -> "Plan":
        """The part of the plan for some announcements."""
        return Plan(tuple(planned for planned in self.actions if planned.code in codes))

    def without(self, sources: Collection[SourceId]) -> "Plan":
        """The part of the plan without some sources."""
        return Plan(tuple(planned for planned in self.actions if planned.source not in sources))


def make_plan(ctx: Context) -> Plan:
    """What is due in the state now, for the sources that this command works on. It only reads.

    Announcements of other sources, or of one that is no longer configured, are left to a command that works on them.
    Announcements of orders that `only` of their source does not name are left until it does.
    """
    chosen = {source.id: source for source in ctx.chosen}
    with ctx.db.reading() as q:
        due = [item for item in announcements.to_do(q, clock.now()) if item.source in chosen]
        # Handing over a label makes no request to the warehouse; it is done afterwards.
        due = [item for item in due if item.step is not Step.HAND_OVER]
        due = [item for item in due if chosen[item.source].may_deliver(item.order_number)]
        odd = breakers.refused_codes(q) | announcements.lost_before(q)
        incomplete = {source_id: returns_lacking_parts(q, source_id) for source_id in chosen}
        lacking = {item.code for item in due if lacks_parts(q, item, incomplete[item.source])}
    for code in sorted(lacking):
        logger.info("%s waits until its return, and every part of it, can be read", code)
    planned = [_planned(ctx, chosen[item.source], item, odd) for item in due if item.code not in lacking]
    return Plan(tuple(sorted(planned, key=lambda item: item.is_last)))


def _planned(ctx: Context, source: Source, item: Announcement, odd: Collection[Code]) -> Planned:
    return Planned(
        code=item.code,
        source=item.source,
        return_id=item.return_id,
        step=item.step,
        never_tried=item.waiting_since is None,
        is_last=item.cause is Cause.CALL_FAILED or item.code in odd,
        warehouse=item.warehouse,
        order_number=ctx.numbers.known(ctx.db, source, item),
    )


def returns_lacking_parts(q: Queries, source: SourceId) -> set[ReturnId]:
    """Returns that, or a part of which, the platform has shown since, and that could not be read or identified yet.

    Their data are old: they could be cancelled by now, and a part that is left out would get a second label.
    """
    return {*parts.unjoined(q, source), *set_aside.homes(q, source)}


def lacks_parts(q: Queries, item: Announcement, incomplete: Collection[ReturnId]) -> bool:
    """Whether it has to wait for parts of its return; not when it was, or may have been, announced already."""
    if item.return_id not in incomplete or item.announced_at is not None:
        return False
    was_perhaps_sent = ledger.has_create_in_flight(q, item.code)
    return not was_perhaps_sent


def is_to_be_read_first(q: Queries, item: Announcement) -> bool:
    """Whether its platform has to be read before anything is done: what is kept may be old, or may lack parts."""
    return item.unread_since is not None or lacks_parts(q, item, returns_lacking_parts(q, item.source))
