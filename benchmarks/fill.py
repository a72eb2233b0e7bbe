"""Fills a state file with returns through the project's own state modules: announced and labelled, or held."""

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from returnsync import clock
from returnsync.engine.plan.codes import code_for
from returnsync.model import (
    Announcement,
    Cause,
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


def main(state: Path, number: int, held: int = 0) -> None:
    """Add `number` returns, some thousands per transaction; the last `held` of them are held, the others are done."""
    db = open_file(state)
    story = Story("filled")
    for first in range(0, number, _BATCH):
        with db.transaction() as q:
            for index in range(first, min(first + _BATCH, number)):
                _add(q, story, index, is_held=index >= number - held)
    db.close()


def _add(q: Queries, story: Story, index: int, *, is_held: bool) -> None:
    """Add one return as a run leaves it, still open at its platform and read a moment ago."""
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
    if is_held:
        _hold(q, story, Announcement(code, _MONTA, _SOURCE, ret.id, order, Progress.HELD, Step.ANNOUNCE, units="[]"))
        return
    settled = Announcement(
        code, _MONTA, _SOURCE, ret.id, order, Progress.SETTLED, Step.NONE, announced_at=at, labelled_at=at, units="[]"
    )
    announcements.save(q, settled)
    for kind in (Kind.CREATE, Kind.LABEL):
        effect = ledger.write_intent(q, _MONTA, code, kind, _request(ret, kind))
        if effect is not None:
            story.tell(q, _SOURCE, ret.id, f"{kind} intended", code)
            ledger.write_outcome(q, effect, Outcome.MADE)
            story.tell(q, _SOURCE, ret.id, f"{kind} made", code)
            if kind is Kind.LABEL:
                ledger.save_label(q, effect, file=f"monta/{code}.pdf", sha256=code, tracking_link="")


def _request(ret: Return, kind: Kind) -> str:
    """A request that is about as long as in a run."""
    if kind is Kind.LABEL:
        return '{"carrier": "PostNL", "chosen_by": "default"}'
    lines = [
        {"order_line_id": line.order_line_ids[0], "sku": line.sku, "quantity": 1, "reason": ""} for line in ret.lines
    ]
    return json.dumps({"forecast": {"order_number": ret.number, "lines": lines}, "units": "[]"})


def _hold(q: Queries, story: Story, announcement: Announcement) -> None:
    what = f"No order line of {announcement.order_number} is SKU SHIRT-BL-M."
    held = replace(announcement, cause=Cause.LINE_UNMATCHED, what=what, next_step="See the order at Monta.")
    announcements.save(q, held)
    story.tell(q, held.source, held.return_id, "held", held.code, cause=held.cause, what=what)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
