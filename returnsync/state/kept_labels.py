"""The bytes of labels that were paid for, until they can be written to a file. Each runs inside a transaction."""

import base64

from returnsync import clock
from returnsync.model import Code, Label, WarehouseName
from returnsync.state.database import Queries
from returnsync.state.ledger import Effect

UNUSABLE = "unusable"
"""The extension of what came in place of a label and is not usable as one."""


def keep(q: Queries, effect: Effect, label: Label) -> None:
    """Keep what a label call brought, unless something of that call is kept already."""
    q.keep_label(
        warehouse=effect.warehouse,
        code=effect.code,
        generation=effect.generation,
        extension=label.extension,
        content=base64.b64encode(label.content).decode(),
        tracking_link=label.tracking_link,
        at=clock.stamp(clock.now()),
    )


def of(q: Queries, warehouse: WarehouseName, code: Code) -> list[tuple[int, Label]]:
    """What is kept of a code, by the generation of the call that brought it, oldest first."""
    return [
        (row["generation"], Label(base64.b64decode(row["content"]), row["extension"], row["tracking_link"]))
        for row in q.kept_labels_of(warehouse=warehouse, code=code)
    ]


def unusable(q: Queries) -> list[tuple[WarehouseName, Code, int]]:
    """The calls whose unusable answer is kept: warehouse, code and generation."""
    return [(WarehouseName(row["warehouse"]), Code(row["code"]), row["generation"]) for row in q.kept_unusable()]


def forget(q: Queries, warehouse: WarehouseName, code: Code, generation: int) -> None:
    """Delete what is kept of a call: it is in a file now, and on disk."""
    q.forget_kept_label(warehouse=warehouse, code=code, generation=generation)
