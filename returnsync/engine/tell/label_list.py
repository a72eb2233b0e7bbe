"""The labels that came: which there are, whether their files are intact, and which were perhaps never used."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.tell import named
from returnsync.engine.tell.choosing import named_exactly
from returnsync.engine.tell.entries import source_names
from returnsync.errors import NotThereError
from returnsync.labels import files
from returnsync.model import Return, ReturnStatus
from returnsync.redact import Masker
from returnsync.state import overview, returns
from returnsync.state.database import Queries
from returnsync.state.overview import SavedLabel

LABEL_COLUMNS = (
    "saved_at",
    "order_number",
    "source",
    "code",
    "number",
    "carrier",
    "status",
    "file",
    "removed_at",
    "handed_over",
)
"""The columns of a label, each a text, in this order."""

_AT_ONCE = 200

# The statuses that a platform shows while nobody has seen the parcel.
_NEVER_SEEN = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.CANCELLED})


@dataclass(frozen=True)
class WhichLabels:
    """Which labels: those that a name matches, that came since a moment, or that were unused and came before one."""

    order: str = ""
    since: datetime | None = None
    unused_before: datetime | None = None
    not_handed_over: bool = False
    """Only labels that were not brought to any consumer."""


class Verified(NamedTuple):
    """Whether a label's file is as it came: what is wrong with it, and what to do; both empty where it is intact."""

    code: str
    file: str
    what: str = ""
    next_step: str = ""


def list_labels(ctx: Context, which: WhichLabels) -> Iterator[dict[str, str]]:
    """Labels by `LABEL_COLUMNS`, the latest first; masked of the consumers.

    Raises:
        NotThereError: nothing matches the given name.
    """
    with ctx.db.reading() as q:
        chosen = _chosen(ctx, q, which)
    for first in range(0, len(chosen), _AT_ONCE):
        with ctx.db.reading() as q:
            shown = [_shown(ctx, q, label) for label in chosen[first : first + _AT_ONCE]]
        yield from shown


def _chosen(ctx: Context, q: Queries, which: WhichLabels) -> list[SavedLabel]:
    labels = overview.labels(q, which.since)
    if which.order:
        found = set(named.find(ctx, q, which.order))
        if not found:
            raise NotThereError(
                f"Nothing is known by the name {which.order!r}.", "To list what is known: returnsync returns"
            )
        labels = [label for label in labels if (label.source, label.return_id) in found]
        # Only one order of several, or one code, if that was named.
        exact = named_exactly(ctx, q, found, which.order)
        labels = [label for label in labels if not exact or label.code in exact]
    if which.unused_before is not None:
        before = clock.stamp(which.unused_before)
        labels = [label for label in labels if label.saved_at < before and label.status in _NEVER_SEEN]
    if which.not_handed_over:
        # Of several labels of one code, only the newest can be of use.
        newest = {label.code: label.generation for label in reversed(labels)}
        labels = [label for label in labels if label.removed_at is None and not label.handed_over]
        labels = [label for label in labels if label.generation == newest[label.code]]
    return labels


def _shown(ctx: Context, q: Queries, label: SavedLabel) -> dict[str, str]:
    mask = Masker(_return_of(q, label))
    row = {
        "saved_at": label.saved_at,
        "order_number": label.order_number,
        "source": source_names(ctx).get(label.source, label.source),
        "code": label.code,
        "number": str(label.generation),
        "carrier": carrier_in(label.request),
        "status": label.status,
        "file": label.file,
        "removed_at": label.removed_at or "",
        "handed_over": label.handed_over,
    }
    return {name: mask.values(text) for name, text in row.items()}


def carrier_in(request: str) -> str:
    """The carrier that a label was asked of, from the request in the ledger; empty where the ledger has none."""
    return str(json.loads(request).get("carrier", "")) if request else ""


def _return_of(q: Queries, label: SavedLabel) -> Return | None:
    """Its return; `None` where it cannot be read, so that the list does not fail because of one row."""
    try:
        return returns.get(q, label.source, label.return_id)
    except ValueError:
        return None


def by_carrier_and_month(labels: Iterable[Mapping[str, str]]) -> list[tuple[str, str, int]]:
    """How many labels came by carrier and month (`2026-11`, UTC), the latest month first."""
    counted = Counter((label["saved_at"][:7], label["carrier"]) for label in labels)
    ordered = sorted(counted.items(), key=lambda item: (item[0][0], item[0][1]), reverse=True)
    return [(month, carrier, number) for (month, carrier), number in ordered]


def verify_labels(ctx: Context) -> Iterator[Verified]:
    """Check every label whose file was not removed since: whether the file is as it came."""
    with ctx.db.reading() as q:
        labels = [label for label in overview.labels(q, None) if label.removed_at is None]
    for label in labels:
        yield _verified(ctx, label)


def _verified(ctx: Context, label: SavedLabel) -> Verified:
    _, what, next_step = _content_of(ctx, label)
    return Verified(label.code, label.file, what, next_step)


def _content_of(ctx: Context, label: SavedLabel) -> tuple[bytes, str, str]:
    """The bytes of a label's file; else what is wrong with it, and what to do."""
    again = (
        "Restore it from a backup. Otherwise ask for another label, which is billed: returnsync replay "
        f"{quote(label.code)} --new-label"
    )
    try:
        found = files.read(ctx.labels.path / label.file)
    except FileNotFoundError:
        return b"", "It is not there.", again
    except OSError as error:
        return b"", f"It cannot be read: {error.strerror}.", "Give this user the right to read the file."
    if found is None or hashlib.sha256(found[0]).hexdigest() != label.sha256:
        return b"", "It was changed: it is not the file that came.", again
    return found[0], "", ""


def copy_labels(ctx: Context, order: str, to: Path) -> list[Path]:
    """Copy the newest label of each announcement that a name matches into a folder, or one into a file; returns where.

    Only the owner can read a copy, as with the labels. No existing file is overwritten.

    Raises:
        NotThereError: nothing matches that name, or it has no label; or there are several and `to` is no folder; or the
            label is not as it came; or the file exists already.
        OSError: it cannot be written.
    """
    with ctx.db.reading() as q:
        labels = _chosen(ctx, q, WhichLabels(order))
    newest = {label.code: label for label in reversed(labels) if label.removed_at is None}
    if not newest:
        raise NotThereError(f"{order!r} has no label.", f"See why: returnsync show {quote(order)}")
    if len(newest) > 1 and not to.is_dir():
        raise NotThereError(
            f"{order!r} has {len(newest)} labels: {', '.join(newest)}.", "Name a folder to copy them into, or one code."
        )
    return [_copy(ctx, label, to) for label in newest.values()]


def _copy(ctx: Context, label: SavedLabel, to: Path) -> Path:
    content, what, next_step = _content_of(ctx, label)
    if what:
        raise NotThereError(f"The label {label.file} was not copied. {what}", next_step)
    place = to / Path(label.file).name if to.is_dir() else to
    try:
        files.write_new(place, content)
    except FileExistsError as error:
        raise NotThereError(f"{place} exists already and was not overwritten.", "Name another place.") from error
    return place
