"""Why something comes back: the item's reason, else the return's. Pure (docs/platforms/sendcloud.md, section 6)."""

import logging

from pydantic import ValidationError

from returnsync.http.records import object_in
from returnsync.model import Reason
from returnsync.platforms.sendcloud import wire
from returnsync.platforms.sendcloud.words import NO_REASON, REASONS

logger = logging.getLogger("returnsync.platforms.sendcloud")


def reason_of(item: wire.Reasons, given: wire.Return) -> Reason:
    """The item's reason, else the return's, else the number that means "no reason".

    Raises:
        ValidationError: a reason cannot be read, and no other gives one. Where another does, it decides nothing.
    """
    unreadable: ValidationError | None = None
    for told in (item.return_reason, item.return_reason_id, given.reason):
        try:
            found = _read(told)
        except ValidationError as error:
            unreadable = error
            continue
        # The return's "no reason" says nothing about an item whose own reason cannot be read.
        if found.id and (unreadable is None or found.id != NO_REASON):
            return _known(found.id, found.description or "")
    if unreadable is not None:
        raise unreadable
    return _known(NO_REASON, "")


def _read(told: object) -> wire.Reason:
    """A reason as an object, or only its number, as in v2; an empty one counts as none."""
    given = object_in(told)
    if given in (None, "", [], {}):
        return wire.Reason()
    return wire.Reason.model_validate(given if isinstance(given, dict) else {"id": given})


def _known(key: str, description: str) -> Reason:
    known = REASONS.get(key)
    if known and description and description != known:
        logger.debug("reason %s came with another description than the documented one", key)
    return Reason(key=key, label=known or description)
