"""The shapes in which Returnless gives a record, by version (docs/platforms/returnless.md, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from returnsync.sandbox.wire import Record

Shape: TypeAlias = Literal["nested", "inline", "bare"]
"""How relations come: under `includes`; beside the fields; or not in lists, and in single records only the order."""

RELATIONS: Final = frozenset({"customer", "customer_address", "return_order_items", "shipments", "sales_order"})
# The relations that are given without being asked for.
_ALWAYS: Final = frozenset({"sales_order"})
VERSIONS: Final[Mapping[str, Shape]] = {"2023-01": "nested", "2025-01": "inline"}


def shaped(row: Record, shape: Shape, asked: frozenset[str], *, single: bool) -> Record:
    """Give a record in the shape of its version; in the bare shape, asking for relations does nothing."""
    given = asked | _ALWAYS
    if shape == "bare":
        given = _ALWAYS if single else frozenset()
    plain = {name: value for name, value in row.items() if name not in RELATIONS}
    parts = {name: row[name] for name in row if name in given}
    if shape == "nested":
        return {**plain, "includes": parts}
    for name in ("return_order_items", "shipments"):
        if name in parts:
            parts["items" if name == "return_order_items" else name] = [modern(name, one) for one in parts.pop(name)]
    return {**plain, **parts}


def modern(name: str, part: Record) -> Record:
    """Write a part as version 2025-01 may: numbers as text, and the tracking number under its other name."""
    if name == "shipments":
        changed = {"tracking_code": part.get("tracking_number")}
        return {key: value for key, value in part.items() if key != "tracking_number"} | changed
    quantity = part.get("quantity")
    return part | {"quantity": str(quantity) if isinstance(quantity, int) else quantity}
