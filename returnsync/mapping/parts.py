"""One return from the records of its parts, where a platform gives each article a record of its own. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from returnsync.mapping import lines as order_lines
from returnsync.model import Return, ReturnId, ReturnStatus

_TAKEN_BACK = frozenset({ReturnStatus.CANCELLED, ReturnStatus.REJECTED})
_COMING = frozenset({ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT, ReturnStatus.DELIVERED})

# Of several parts, the first of these statuses that any part has decides: those that need a person or are unclear
# first.
_BEFORE = (
    *(ReturnStatus.UNKNOWN, ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT),
    *(ReturnStatus.DELIVERED, ReturnStatus.COMPLETED, ReturnStatus.REJECTED, ReturnStatus.CANCELLED),
)
# Once announced, one part that is still coming keeps the return open, whatever happened to the others.
_AFTER = (
    *(ReturnStatus.UNKNOWN, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT, ReturnStatus.DELIVERED),
    *(ReturnStatus.REQUESTED, ReturnStatus.COMPLETED, ReturnStatus.REJECTED, ReturnStatus.CANCELLED),
)


def join(home: ReturnId, parts: Sequence[Return], *, begun: bool) -> Return:
    """The return that consists of `parts`, of which there is at least one.

    Before anything was sent for it, its lines are those of the parts that are coming: parts that are done will not
    come. Once it is `begun`, its lines are those of every part that was not cancelled or rejected, so that a verdict on
    an article that arrived does not change what was announced. A part that is `not_coming` counts only where all are.
    """
    parts = [part for part in parts if not part.not_coming] or parts
    parts = sorted(parts, key=lambda part: (part.created, part.id))
    statuses = {part.status for part in parts}
    status = next(status for status in (_AFTER if begun else _BEFORE) if status in statuses)
    kept = [part for part in parts if part.status not in _TAKEN_BACK] if begun else _to_announce(parts, status)
    first = parts[0]
    return replace(
        first,
        id=home,
        status=status,
        raw_status=" + ".join(dict.fromkeys(part.raw_status for part in parts)),
        created=first.created,
        updated=max(part.updated for part in parts),
        lines=order_lines.add_up(line for part in kept for line in part.lines),
        consumer=next((part.consumer for part in parts if part.consumer), None),
        sender=next((part.sender for part in parts if part.sender), None),
        own_label=next((part.own_label for part in parts if part.own_label), None),
        without_shipment=_of_any(part.without_shipment for part in parts),
        aliases=tuple(dict.fromkeys(alias for part in parts for alias in part.aliases)),
        not_coming=next((part.not_coming for part in parts if part.not_coming), ""),
        anonymised=all(part.anonymised for part in parts),
        is_test=any(part.is_test for part in parts),
    )


def _of_any(flags: Iterable[bool | None]) -> bool | None:
    """Whether any part says so; `None` where none says so and some do not say."""
    told = set(flags)
    return True if True in told else None if None in told else False


def _to_announce(parts: Sequence[Return], status: ReturnStatus) -> Sequence[Return]:
    """The parts that are coming; where none is, all of them, so that the return still names its orders."""
    return [part for part in parts if part.status in _COMING] if status in _COMING else parts
