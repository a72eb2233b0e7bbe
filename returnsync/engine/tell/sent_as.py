"""What was sent for an announcement, and which rule led to each part: number, lines, reasons and carrier."""

import json
from collections.abc import Mapping
from typing import Any

from returnsync.engine.context import Context
from returnsync.engine.tell.timeline import chosen_by
from returnsync.mapping import lines as order_lines
from returnsync.mapping.told import is_as_told
from returnsync.model import Announcement, Return, ReturnLine
from returnsync.state import ledger
from returnsync.state.database import Queries
from returnsync.state.ledger import Kind
from returnsync.state.sent import forecast_in


def what_was_sent(ctx: Context, q: Queries, item: Announcement, ret: Return | None) -> dict[str, Any]:
    """The order, lines and carrier of an announcement as they were sent to the warehouse; empty where none were.

    Each has the rule that led to it, as far as today's rules show that. `now` is what the platform shows, where that
    is no longer what was announced.
    """
    created, changed, label = (
        _request(ledger.newest_made(q, item.warehouse, item.code, kind))
        for kind in (Kind.CREATE, Kind.UPDATE, Kind.LABEL)
    )
    told = changed or created
    forecast = forecast_in(told)
    if "order_number" not in forecast:
        return {}
    return {
        "order_number": forecast["order_number"],
        "order_rules": _rules(ctx, item, forecast["order_number"]),
        "lines": [_line(line, ret) for line in forecast.get("lines", ())],
        "now": _now(ctx, item, ret),
        "carrier": label.get("carrier", ""),
        "carrier_by": chosen_by(label.get("chosen_by", "")),
    }


def _request(effect: ledger.Effect | None) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(effect.request) if effect is not None and effect.request else {}
    return request


def _rules(ctx: Context, item: Announcement, sent: str) -> list[dict[str, str]]:
    """Each rule that changed the number; empty where today's rules give another number, or an answer is not kept."""
    source = ctx.sources.get(item.source)
    if source is None:
        return []
    number, made = item.order_ref or item.order_number, []
    for applied in ctx.numbers.known_steps(ctx.db, source, item):
        if applied.number != number:
            made.append({"rule": str(applied.rule), "number": applied.number})
        number = applied.number
    return made if number == sent else []


def _now(ctx: Context, item: Announcement, ret: Return | None) -> list[dict[str, Any]]:
    """What the platform shows of its order, where that is no longer what was announced; else empty."""
    source = ctx.sources.get(item.source)
    if ret is None or source is None or not item.units.strip("[]"):
        return []
    lines = [line for line in order_lines.of_order(ret.lines, item.order_number) if line.is_item]
    if is_as_told(item.units, lines, source.policy.same_skus):
        return []
    return [{"quantity": line.quantity, "sku": line.sku or line.barcode or line.title} for line in lines]


def _line(line: Mapping[str, Any], ret: Return | None) -> dict[str, Any]:
    returned = _returned(line, ret)
    return {
        "order_line_id": line.get("order_line_id", ""),
        "sku": line.get("sku", ""),
        "quantity": line["quantity"],
        "matched_by": _matched_by(line, returned),
        "reason": line.get("reason", ""),
        "reason_id": line.get("reason_id"),
        "reason_by": "paired with the warehouse's reason" if line.get("reason_id") else "in words alone",
    }


def _returned(line: Mapping[str, Any], ret: Return | None) -> ReturnLine | None:
    """The line of the return from which it was made, as far as that can be seen."""
    lines = [one for one in ret.lines if one.is_item] if ret else []
    order_line, sku = line.get("order_line_id"), str(line.get("sku", ""))
    by_id = (one for one in lines if order_line in one.order_line_ids)
    by_sku = (one for one in lines if sku and one.sku.casefold() == sku.casefold())
    return next(by_id, None) or next(by_sku, None)


def _matched_by(line: Mapping[str, Any], returned: ReturnLine | None) -> str:
    if returned is None:
        # Of an erased return the SKU is not kept where the order line is known.
        return "a table, a bundle or the barcode" if line.get("sku") else ""
    if line.get("order_line_id") in returned.order_line_ids:
        return "the order line that the platform names"
    return "the SKU" if returned.sku == line.get("sku") else "the SKU, in another spelling"
