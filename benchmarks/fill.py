"""Fills a state file with returns that are announced, labelled and at rest, through the project's own state modules."""

import sys
from datetime import timedelta
from pathlib import Path

from returnsync import clock
from returnsync.engine.plan.codes import code_for
from returnsync.model import (
    Announcement,
    Consumer,
    OrderNumber,
    Progress,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
    Step,
    WarehouseName,
)
from returnsync.state import announcements, ledger, returns
from returnsync.state.database import Queries
from returnsync.state.history import Story
from returnsync.state.ledger import Kind, Outcome
from returnsync.state.opening import open_file

_BATCH = 2000
_SOURCE = SourceId("shop-nl")
_MONTA = WarehouseName("monta")


def main(state: Path, number: int) -> None:
    """Add `number` returns, some thousands in a transaction."""
    db = open_file(state)
    story = Story("filled")
    for first in range(0, number, _BATCH):
        with db.transaction() as q:
            for index in range(first, min(first + _BATCH, number)):
                _add(q, story, index)
    db.close()


def _add(q: Queries, story: Story, index: int) -> None:
    """One return as a run leaves it behind, still open at its platform and read a moment ago."""
    at = clock.now()
    order = OrderNumber(f"#F{index:07d}")
    ret = Return(
        source=_SOURCE,
        platform="returnista",
        id=ReturnId(f"filled-{index:07d}"),
        status=ReturnStatus.APPROVED,
        raw_status="Confirmed",
        created=at - timedelta(days=20),
        updated=at - timedelta(days=20),
        number=f"F{index:07d}",
        lines=(ReturnLine(order, 1, (f"line-{index}",), "SHIRT-BL-M", title="Shirt, blue, M"),),
        consumer=Consumer(first_name="Jo", last_name="Doe", email=f"jo.{index}@example.com"),
    )
    returns.save(q, ret)
    returns.planned(q, ret)
    code = code_for(_SOURCE, ret.id, order)
    settled = Announcement(
        code, _MONTA, _SOURCE, ret.id, order, Progress.SETTLED, Step.NONE, announced_at=at, labelled_at=at, units="[]"
    )
    announcements.save(q, settled)
    for kind in (Kind.CREATE, Kind.LABEL):
        effect = ledger.write_intent(q, _MONTA, code, kind, '{"forecast": {}, "units": "[]"}')
        if effect is not None:
            story.tell(q, _SOURCE, ret.id, f"{kind} intended", code)
            ledger.write_outcome(q, effect, Outcome.MADE)
            story.tell(q, _SOURCE, ret.id, f"{kind} made", code)
            if kind is Kind.LABEL:
                ledger.save_label(q, effect, file=f"monta/{code}.pdf", sha256=code, tracking_link="")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
