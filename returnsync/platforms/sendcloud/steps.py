"""The statuses of a parcel: how they are spelled, and which of several is the newest. Pure.

Sections are those of docs/platforms/sendcloud.md.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from returnsync import clock
from returnsync.http import fields
from returnsync.platforms.records import UntranslatableError
from returnsync.platforms.sendcloud import wire
from returnsync.platforms.sendcloud.words import CANCELLED, SLUG_OF_TEXT

_ANY_DATE: TypeAdapter[str | None] = TypeAdapter(fields.AnyDate)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def slug_of(text: str | None) -> str:
    """A status as a slug: there are three spellings, `ready-to-send`, `READY_TO_SEND` and "Ready to Ship"."""
    slug = re.sub(r"[\s_:-]+", "-", (text or "").strip().lower()).strip("-")
    return SLUG_OF_TEXT.get(slug, slug)


def in_order(steps: Sequence[wire.Step], *, is_deciding: bool) -> list[wire.Step]:
    """The oldest first, by their times, since the list has a different order (section 4.2).

    A status without a time counts as the oldest; a cancelled one as the last, since nothing comes after that.

    Raises:
        UntranslatableError: the time of one of several cannot be read, so that it may be the newest, while the newest
            `is_deciding` because the return's own status does not decide.
    """

    def moment(step: wire.Step) -> datetime:
        return moment_of_step(step) or (_LAST if slug_of(step.parent_status) == CANCELLED else _FIRST)

    telling = [step for step in steps if slug_of(step.parent_status)]
    is_cancelled = any(slug_of(step.parent_status) == CANCELLED for step in telling)
    if is_deciding and len(telling) > 1 and not is_cancelled and any(_is_time_lost(step) for step in telling):
        raise UntranslatableError("the time of one of its statuses cannot be read, and the newest of them decides")
    return sorted(telling, key=moment)


def moment_of_step(step: wire.Step) -> datetime | None:
    """When the status began; `None` where that is missing or unreadable."""
    return fields.moment(step.carrier_update_timestamp)


def _is_time_lost(step: wire.Step) -> bool:
    """Whether a status has a time that cannot be read, rather than no time or one that means none."""
    if moment_of_step(step) is not None:
        return False
    try:
        return _ANY_DATE.validate_python(step.carrier_update_timestamp) is not None
    except ValidationError:
        return True


def entry_of(step: wire.Step) -> str:
    """A status as it is shown in the history of a return."""
    at = moment_of_step(step)
    return f"{clock.stamp(at) if at else ''} {slug_of(step.parent_status)}".strip()
