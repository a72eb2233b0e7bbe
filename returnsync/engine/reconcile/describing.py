"""Differences of one announcement or return, with everything that is known of it, masked of its consumer."""

from collections.abc import Sequence
from typing import Any

from returnsync.engine.context import Context
from returnsync.engine.reconcile.differences import Difference, Kind, ToAdopt
from returnsync.model import Announcement, Code, Return, ReturnId, SourceId
from returnsync.redact import Masker, mask, masked
from returnsync.state import returns
from returnsync.state.database import Queries


def of_announcement(
    ctx: Context,
    q: Queries,
    kind: Kind,
    item: Announcement,
    what: str,
    next_step: str = "",
    to_adopt: ToAdopt | None = None,
) -> Difference:
    """A difference of an announcement in the state. `<CODE>` in the next step is replaced by its code."""
    ret = readable(q, item.source, item.return_id)
    told = Masker(ret).values(
        {
            "what": what,
            "next_step": next_step.replace("<CODE>", item.code),
            "source": name_of(ctx, item.source),
            "warehouse": str(item.warehouse),
            "order_number": item.order_number,
            "number": ret.number if ret else "",
            "return_id": item.return_id,
            "code": item.code,
        }
    )
    return Difference(kind, **told, to_adopt=to_adopt)


def of_return(
    ctx: Context, kind: Kind, ret: Return, code: Code | None, what: str, next_step: str, records: Sequence[ReturnId]
) -> Difference:
    """A difference of a return as its platform shows it, which is certain."""
    source = name_of(ctx, ret.source)
    told = Masker(ret).values(
        {
            "what": what,
            "next_step": next_step,
            "source": source,
            "order_number": ", ".join(dict.fromkeys(ret.order_numbers())),
            "number": ret.number,
            "return_id": ret.id,
            "code": code or "",
        }
    )
    return Difference(kind, **told, to_adopt=ToAdopt(source, tuple(records)))


def of_nobody(kind: Kind, what: str, next_step: str = "", to_adopt: ToAdopt | None = None, **known: Any) -> Difference:
    """A difference without a known return: only what the warehouse shows of the order and the code."""
    return Difference(kind, mask(what), mask(next_step), **masked(known), to_adopt=to_adopt)


def readable(q: Queries, source: SourceId, return_id: ReturnId) -> Return | None:
    """A return; `None` where the state has none, or its row cannot be read, which affects only this return."""
    try:
        return returns.get(q, source, return_id)
    except ValueError:
        return None


def name_of(ctx: Context, source: SourceId) -> str:
    """The name of a source in the configuration."""
    return ctx.sources[source].name if source in ctx.sources else str(source)
