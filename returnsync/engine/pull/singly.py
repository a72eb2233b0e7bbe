"""Reading records singly: those that could not be read before, and open returns that no listing showed for a day."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from returnsync.engine import glimpsed
from returnsync.engine.pull import saving
from returnsync.engine.pull.budget import MOST
from returnsync.engine.pull.keys import found_by_any_key, records_of
from returnsync.engine.pull.pulling import Pulling
from returnsync.errors import AccountUnavailable, CallError, Unclear
from returnsync.model import ReturnId
from returnsync.platforms.interface import Found
from returnsync.platforms.records import HASHED
from returnsync.redact import masking_for
from returnsync.state import identity, returns, set_aside

logger = logging.getLogger("returnsync.pull")

# Earlier than any read: matches only returns never read since a person asked for them.
_ASKED_FOR = datetime(1, 1, 1, tzinfo=UTC)

# Where listing by change cannot be trusted, each open return is read again once a day, as long as it may still change.
READ_AGAIN_AFTER = timedelta(days=1)
READ_AGAIN_FOR = timedelta(days=60)
READ_AGAIN_MOST = 100


def read_older_copies(pulling: Pulling) -> None:
    """Read what a listing showed in an older version, where the platform can be asked for single records.

    Raises as `read_set_aside`.
    """
    if not pulling.source.kind.capabilities.reads_singly:
        return
    with pulling.ctx.db.reading() as q:
        records = list(identity.older_copies(q, pulling.source.id))
    _read(pulling, records[:READ_AGAIN_MOST])


def read_set_aside(pulling: Pulling) -> None:
    """Try again the records that could not be read and are due, where they have an id to request them by.

    Raises:
        AccountError: the account cannot be used any further.
    """
    with pulling.ctx.db.reading() as q:
        due = set_aside.due(q, pulling.source.id, pulling.budget.began, HASHED, MOST)
    tried = [record.key for record in due if pulling.budget.spend_try(asked=record.asked)]
    if len(tried) < len(due):
        logger.info("%d records set aside are left for a later run: this one spent its tries", len(due) - len(tried))
    _read(pulling, tried)


def read_open_returns(pulling: Pulling) -> None:
    """Read again the open returns that no listing showed for a day: some changes do not move their time of change.

    Where every change is listed, only those that a person wants to have read again. Raises as `read_set_aside`.
    """
    source, began = pulling.source, pulling.budget.began
    before = _ASKED_FOR if source.kind.capabilities.lists_changes else began - READ_AGAIN_AFTER
    oldest = max(READ_AGAIN_FOR, source.kind.look_back(source.settings).deep)
    with pulling.ctx.db.reading() as q:
        unread = returns.to_read_again(q, source.id, before=before, youngest=began - oldest, most=READ_AGAIN_MOST)
        records = [record for return_id in unread for record in records_of(q, source.id, return_id)]
    _read(pulling, records)


def _read(pulling: Pulling, ids: Sequence[ReturnId]) -> None:
    """Read records by their ids; one that cannot be read now is left to a later run, and the others go on."""
    keys = _with_every_key(pulling, ids)
    with pulling.ctx.db.reading() as q:
        mask = glimpsed.mask_for_all(q, pulling.source.id, keys)
    with masking_for(mask):
        _read_each(pulling, keys)


def _read_each(pulling: Pulling, keys: Sequence[ReturnId]) -> None:
    ctx, source = pulling.ctx, pulling.source
    for record, found in _answers(pulling, keys):
        if isinstance(found, CallError):
            logger.warning("return %s: %s", record, found.what)
            if not ctx.stop.is_set():
                _note_failed_try(pulling, record)
        else:
            saving.save_found(ctx, source, pulling.platform, record, found, pulling.tally)
        if ctx.stop.is_set() or pulling.budget.is_time_up:
            logger.info("asked to stop, or out of time; records that are left are read by the next run")
            return


def _with_every_key(pulling: Pulling, ids: Sequence[ReturnId]) -> Sequence[ReturnId]:
    """Some keys, with all other keys of the same returns: the return may still be found under one of them."""
    source = pulling.source
    if not source.kind.capabilities.keys_of_contents:
        return ids
    with pulling.ctx.db.reading() as q:
        homes = {record: identity.home_of(q, source.id, record) for record in ids}
        every = [
            key for record, home in homes.items() for key in (record, *(records_of(q, source.id, home) if home else ()))
        ]
    return list(dict.fromkeys(every))


def _answers(pulling: Pulling, ids: Sequence[ReturnId]) -> Iterator[tuple[ReturnId, Found | CallError]]:
    """The current form of each of some records. The one at which the account gave up is tried last next time."""
    unread = dict.fromkeys(ids)
    try:
        answers = pulling.platform.each(ids) if ids else ()
        for record, found in found_by_any_key(answers, pulling.source, pulling.ctx.db):
            unread.pop(record, None)
            yield record, found
    except AccountUnavailable as error:
        given_up_at = next(iter(unread), None)
        if given_up_at is not None and isinstance(error.__cause__, Unclear):
            _note_failed_try(pulling, given_up_at)
        raise


def _note_failed_try(pulling: Pulling, record: ReturnId) -> None:
    with pulling.ctx.db.transaction() as q:
        set_aside.tried_in_vain(q, pulling.source.id, record)
        if pulling.source.kind.capabilities.reads_singly:
            identity.read_older_copy_later(q, pulling.source.id, record)
