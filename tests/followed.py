"""A state with returns whose history is known, made by hand through the modules of the state."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

from returnsync.engine.plan.codes import code_for
from returnsync.model import (
    Announcement,
    Cause,
    Consumer,
    OrderNumber,
    Progress,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
    Step,
    WarehouseName,
)
from returnsync.state import announcements, ledger, returns
from returnsync.state.database import Database
from returnsync.state.history import Story
from returnsync.state.ledger import Kind, Outcome
from returnsync.state.opening import open_file

HOUR = timedelta(hours=1)
MADE = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)
MONTA = WarehouseName("monta")


@dataclass
class Followed:
    """Adds returns to a state, each with its history."""

    db: Database
    story: Story
    number: int = 0

    def add(self, **told: Any) -> Return:
        """Add a return of one order, made at `MADE` unless `told` says otherwise, and read an hour later."""
        self.number += 1
        order = OrderNumber(f"#{self.number:04}")
        reason = told.pop("reason", None)
        made = told.pop("created", MADE)
        plain = Return(
            source=SourceId("shop-nl"),
            platform="returnista",
            id=ReturnId(f"r{self.number:04}"),
            status=ReturnStatus.APPROVED,
            raw_status="Confirmed",
            created=made,
            updated=made,
            lines=(ReturnLine(order, 1, sku="SHIRT", reason=Reason(reason, reason) if reason else None),),
            consumer=Consumer(first_name="Jo", last_name="Voorbeeld", email="jo@example.com"),
        )
        ret = replace(plain, **told)
        with self.at(made + HOUR) as q:
            returns.save(q, ret)
            returns.planned(q, ret)
        return ret

    def plan(self, ret: Return) -> Announcement:
        """Plan it: half an hour after it was made, a run found it requested; after an hour, a run found it approved."""
        order = ret.lines[0].order_number
        code = code_for(ret.source, ret.id, order)
        item = Announcement(code, MONTA, ret.source, ret.id, order, Progress.DUE, Step.ANNOUNCE)
        with self.at(ret.created + HOUR / 2) as q:
            announcements.save(q, replace(item, progress=Progress.WAITING, step=Step.NONE, cause=Cause.NOT_APPROVED))
            self.story.tell(q, ret.source, ret.id, "waiting", code, cause=Cause.NOT_APPROVED)
        with self.at(ret.created + HOUR) as q:
            announcements.save(q, item)
            self.story.tell(q, ret.source, ret.id, "planned", code)
        return item

    def announce(self, item: Announcement, at: datetime, event: str = "announced") -> Announcement:
        """Announce it at a moment, and settle it."""
        settled = replace(item, progress=Progress.SETTLED, step=Step.NONE, announced_at=at)
        with self.at(at) as q:
            request = json.dumps({"forecast": {"order_number": item.order_number, "lines": []}, "units": "[]"})
            self._made(q, item, Kind.CREATE, request)
            announcements.save(q, settled)
            self.story.tell(q, item.source, item.return_id, event, item.code)
        return settled

    def label(self, item: Announcement, at: datetime, carrier: str = "PostNL") -> Announcement:
        """Save its label at a moment."""
        labelled = replace(item, labelled_at=at)
        with self.at(at) as q:
            effect = self._made(q, item, Kind.LABEL, json.dumps({"carrier": carrier, "chosen_by": "default"}))
            ledger.save_label(q, effect, file=f"monta/{item.code}.pdf", sha256=item.code, tracking_link="")
            announcements.save(q, labelled)
            self.story.tell(q, item.source, item.return_id, "labelled", item.code)
        return labelled

    def hold(self, item: Announcement, at: datetime, cause: Cause) -> None:
        """Hold it from a moment on."""
        with self.at(at) as q:
            announcements.save(q, replace(item, progress=Progress.HELD, cause=cause, what="It is held."))
            self.story.tell(q, item.source, item.return_id, "held", item.code, cause=cause)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[Any]:
        """Make one transaction at a moment."""
        with time_machine.travel(moment, tick=False), self.db.transaction() as q:
            yield q

    def _made(self, q: Any, item: Announcement, kind: Kind, request: str) -> Any:
        effect = ledger.write_intent(q, item.warehouse, item.code, kind, request, again=kind is Kind.LABEL)
        assert effect is not None
        ledger.write_outcome(q, effect, Outcome.MADE)
        return effect


@contextmanager
def following(state: Path) -> Iterator[Followed]:
    """A state to which returns can be added."""
    db = open_file(state)
    try:
        yield Followed(db, Story("by hand"))
    finally:
        db.close()
