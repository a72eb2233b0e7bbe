"""Plan: from state alone, what is to be done. A `Plan` is a value; delivering takes one and nothing else."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from returnsync import clock
from returnsync.engine.context import Context, Source
from returnsync.engine.policy import TO_COMPARE, plan_return
from returnsync.model import (
    Announcement,
    Cause,
    Code,
    Progress,
    Return,
    ReturnId,
    SourceId,
    WarehouseName,
    WarehouseOrderNumber,
)
from returnsync.state import announcements, ledger, parts, returns, set_aside
from returnsync.state.database import Queries

_BATCH = 200


_WOULD = {Progress.HELD: "hold", Progress.WAITING: "wait", Progress.LEFT_ALONE: "leave alone"}


class Action(StrEnum):
    """What an announcement is to get next."""

    ANNOUNCE = "announce"
    LABEL = "label"
    CHECK = "check"
    """It is announced, and what stands at the warehouse is to be compared or replaced."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One announcement that there is something to do for."""

    code: Code
    source: SourceId
    action: Action
    fresh: bool
    """Never tried before: what waited for its order passed the guard when it was new."""
    warehouse: WarehouseName
    order_number: WarehouseOrderNumber
    """The warehouse's number, as far as it is known without a call: this decides what may go in parallel."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be done now, oldest first."""

    actions: tuple[Planned, ...]

    def new_announcements(self) -> Counter[SourceId]:
        """How many announcements are tried for the first time, by source; sources with none of them count 0."""
        found = Counter[SourceId]()
        for planned in self.actions:
            found[planned.source] += planned.fresh and planned.action is Action.ANNOUNCE
        return found

    def counts(self, source: SourceId) -> Counter[Action]:
        """How many of which action a source has."""
        return Counter(planned.action for planned in self.actions if planned.source == source)

    def of(self, sources: set[SourceId]) -> "Plan":
        """The part of the plan that belongs to some sources."""
        return Plan(tuple(planned for planned in self.actions if planned.source in sources))

    def without(self, sources: set[SourceId]) -> "Plan":
        """The part of the plan that does not belong to them."""
        return Plan(tuple(planned for planned in self.actions if planned.source not in sources))


def settle_changes(ctx: Context, source: Source) -> None:
    """Work out what new and changed returns of a source call for, and keep that in state."""
    after = ""
    while True:
        with ctx.db.transaction() as q:
            batch = returns.unplanned(q, source.id, after, _BATCH)
            for ret in batch:
                settle(ctx, q, source, ret)
        if len(batch) < _BATCH:
            return
        after = batch[-1].id


def settle(ctx: Context, q: Queries, source: Source, ret: Return) -> None:
    """Work out what one return calls for, and keep that in state."""
    known = announcements.of_return(q, source.id, ret.id)
    before = {announcement.code: announcement for announcement in known}
    in_flight = {code for code in before if ledger.is_in_flight(q, code)}
    for announcement in plan_return(ret, known, source.policy, in_flight):
        if before.get(announcement.code) == announcement:
            continue
        announcements.save(q, announcement)
        event = "planned" if announcement.progress is Progress.DUE else announcement.progress.value
        detail = {"cause": announcement.cause, "what": announcement.what}
        ctx.story.tell(q, source.id, ret.id, event, announcement.code, **{k: v for k, v in detail.items() if v})
        ctx.tally.count(event)
        if ctx.dry_run and announcement.progress is not Progress.DUE:
            would = _WOULD.get(announcement.progress, event)
            ctx.tally.decided(code=announcement.code, source=source.name, would=would, **detail)
    returns.planned(q, ret)


def make_plan(ctx: Context, cause: Cause | None = None) -> Plan:
    """What the state holds that is due now, for the sources that this command works on; `cause` narrows it further."""
    chosen = {source.id: source for source in ctx.chosen}
    with ctx.db.reading() as q:
        due = announcements.to_do(q, clock.now())
        missing = {source: returns_lacking_parts(q, source) for source in chosen}
    due = [item for item in due if not lacks_parts(item, missing.get(item.source, ()))]
    due = [_at_home(ctx, item, chosen) for item in due]
    return Plan(tuple(_planned(ctx, (item for item in due if cause in (None, item.cause)), chosen)))


def returns_lacking_parts(q: Queries, source: SourceId) -> set[ReturnId]:
    """Returns in parts of which one was seen and could not be read yet.

    Announced without it, they would get a second announcement for it, and a second label for the same parcel.
    """
    return {*parts.unjoined(q, source), *set_aside.homes(q, source)}


def lacks_parts(item: Announcement, unfinished: Collection[ReturnId]) -> bool:
    """Whether an announcement has to wait for parts of its return; not when it was, or may have been, sent already."""
    return item.return_id in unfinished and item.announced_at is None and item.cause != Cause.IN_FLIGHT


def _at_home(ctx: Context, item: Announcement, chosen: dict[SourceId, Source]) -> Announcement:
    """What was never announced goes to the warehouse that its source, or its brand there, has now."""
    source = chosen.get(item.source)
    if source is None or item.announced_at is not None:
        return item
    with ctx.db.reading() as q:
        wanted = _warehouse_of(q, source, item)
    if item.warehouse == wanted:
        return item
    with ctx.db.transaction() as q:
        if ledger.is_in_flight(q, item.code):
            return item
        moved = replace(item, warehouse=wanted)
        announcements.save(q, moved)
    return moved


def _warehouse_of(q: Queries, source: Source, item: Announcement) -> WarehouseName:
    ret = returns.get(q, item.source, item.return_id) if source.policy.choose else None
    return source.policy.warehouse if ret is None else source.policy.warehouse_of(ret)


def _planned(ctx: Context, due: Iterable[Announcement], chosen: dict[SourceId, Source]) -> Iterator[Planned]:
    for announcement in due:
        source = chosen.get(announcement.source)
        if source is None:
            continue  # not configured (any more), or not asked for
        yield Planned(
            announcement.code,
            announcement.source,
            _action(announcement),
            announcement.waiting_since is None,
            announcement.warehouse,
            ctx.numbers.known(source, announcement),
        )


def _action(announcement: Announcement) -> Action:
    if announcement.announced_at is None:
        return Action.ANNOUNCE
    return Action.CHECK if announcement.cause in TO_COMPARE else Action.LABEL
