"""The platform's own records of a return, for `show --raw`. They are read again: the state keeps only unreadable ones.

They are not saved. A record that was set aside is in the state as it came, and is shown from there.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.ask.shown_record import shown
from returnsync.engine.context import Context
from returnsync.engine.pull import records_of
from returnsync.engine.sources import Source
from returnsync.engine.tell import stories_by_return
from returnsync.errors import CallError, NotThereError, ReturnsyncError
from returnsync.http.decoding import decode_json
from returnsync.model import Cause, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.own_records import OwnRecord, own_records
from returnsync.platforms.records import HASHED
from returnsync.redact import Masker, masking_for
from returnsync.state import breakers, erasing, returns, set_aside
from returnsync.state.breakers import Kind
from returnsync.state.database import Queries
from returnsync.system_errors import in_words

logger = logging.getLogger("returnsync.show")

_WHERE_REWRITTEN = (
    "If its order number or postal code was rewritten there since the last run, it can be found by the new one after "
    "the next run."
)


@dataclass(frozen=True)
class WithRecords:
    """A story with the platform's own records of the return."""

    story: Mapping[str, Any]
    """As `tell.stories` gives it, with `raw`, `raw_kept`, `raw_read_at` and `raw_error` in addition.

    `raw` are the records. The last `raw_kept` of them come from the state. The others were read at `raw_read_at`, and
    `raw_error` says why they could not be read.
    """
    failure: ReturnsyncError | None
    """The same error, masked."""


def stories_with_records(ctx: Context, wanted: str, *, private: bool) -> list[WithRecords]:
    """Every return that a name matches, with the platform's own records, masked unless `private`.

    This takes one read for each, or one listing of a source that can only be listed. If they cannot be read, the story
    is shown all the same.
    """
    told = stories_by_return(ctx, wanted)
    with ctx.db.reading() as q:
        known = {key: _known(q, *key) for key in told}
    for source_id in dict.fromkeys(source for source, _ in known):
        _read(ctx, source_id, {ret: one for (source, ret), one in known.items() if source == source_id})
    return [known[key].with_records(story, private=private) for key, story in told.items()]


@dataclass
class _Known:
    """What the state knows of a return, and the records that were read."""

    ret: Return | None
    mask: Masker
    is_erased: bool
    kept: Sequence[UnreadableRecord]
    """Its records that cannot be read, as they came."""
    keys: Sequence[ReturnId]
    """The keys to read the other records by; empty where the kept records are all of them."""
    read: list[OwnRecord] = field(default_factory=list)
    read_at: str | None = None
    failure: ReturnsyncError | None = None

    def with_records(self, story: Mapping[str, Any], *, private: bool) -> WithRecords:
        found = [one.found for one in self.read if isinstance(one.found, Return)]
        records = [*(one.record for one in self.read), *map(_parsed, self.kept)]
        failure = None if self.failure is None else _masked(self.failure, self.mask)
        error = {**failure.as_json(), "exit_code": int(failure.exit_code)} if failure else None
        raw = {
            # What was erased here is not shown again: it stays masked, even with `private`.
            "raw": shown(records, self.ret, found, private=private and not self.is_erased),
            "raw_kept": len(self.kept),
            "raw_read_at": self.read_at,
            "raw_error": error,
        }
        return WithRecords({**story, **raw}, failure)


def _known(q: Queries, source: SourceId, return_id: ReturnId) -> _Known:
    ret = returns.get(q, source, return_id)
    aside = [set_aside.get(q, source, row["record"], clock.now()) for row in set_aside.of_return(q, source, return_id)]
    records = [one.record for one in aside if one is not None]
    kept = [record for record in records if record.cause is Cause.UNREADABLE]
    # Of a record that may be one of several returns, the state keeps what was read. It is shown under its own key only,
    # since it need not be the return that it may be.
    unclear = [return_id for record in records if record.cause is not Cause.UNREADABLE and record.key == return_id]
    keys = [*(records_of(q, source, return_id) if ret is not None or not records else ()), *unclear]
    left_out = {record.key for record in kept}
    return _Known(
        ret,
        glimpsed.mask_for(q, source, return_id, ret),
        erasing.erased_at(q, source, return_id) is not None,
        kept,
        [key for key in dict.fromkeys(keys) if key not in left_out and not key.startswith(HASHED)],
    )


def _read(ctx: Context, source_id: SourceId, known: Mapping[ReturnId, _Known]) -> None:
    """Read the records of some returns of one source; a failure is noted at each of them."""
    source = ctx.sources.get(source_id)
    asked = [key for one in known.values() for key in one.keys]
    if not asked:
        if source is not None:
            # What was kept may quote a secret, which can be masked only once it is resolved.
            with suppress(ReturnsyncError):
                ctx.accounts.platform(source)
        return
    with ctx.db.reading() as q:
        mask = glimpsed.mask_for_all(q, source_id, asked)
    try:
        with masking_for(mask):
            found = dict(_records(ctx, source, source_id, asked))
    except ReturnsyncError as error:
        failure = error.at(source.name) if source else error
        for one in known.values():
            one.failure = failure if one.keys else None
        return
    for return_id, one in known.items():
        _note(one, return_id, [found[key] for key in one.keys if key in found], source)


def _records(
    ctx: Context, source: Source | None, source_id: SourceId, asked: Sequence[ReturnId]
) -> Iterator[tuple[ReturnId, list[OwnRecord] | CallError]]:
    """The records under each of some keys. Raises `ReturnsyncError` where no request can be made."""
    if source is None:
        raise NotThereError(
            f"The source {source_id} is not configured any more, so its platform cannot be asked for the record.",
            f"Put [sources.{source_id}] back into the configuration.",
        )
    platform = ctx.accounts.platform(source)
    with ctx.db.reading() as q:
        if breakers.of(q, Kind.SOURCE, source.id).is_open:
            ctx.accounts.try_once_until_answered(source)
    try:
        yield from own_records(platform, asked)
    except ReturnsyncError:
        raise
    except Exception as fault:
        # The code of a platform may be another package's: its fault must not prevent showing the story.
        logger.exception("a fault in the platform's code")
        raise in_words(fault) or ReturnsyncError(
            f"a fault in the platform's code ({type(fault).__name__}).", "Run it again with --verbose and report it."
        ) from fault


def _note(
    one: _Known, return_id: ReturnId, answers: Sequence[list[OwnRecord] | CallError], source: Source | None
) -> None:
    """Note the records of one return, read by each of its keys; several keys may give the same record."""
    name = source.name if source else ""
    for answer in answers:
        if isinstance(answer, CallError):
            one.failure = one.failure or answer.at(name)
        else:
            one.read += [new for new in answer if all(new.record != other.record for other in one.read)]
    if one.read:
        one.read_at = clock.stamp(clock.now())
    elif one.keys and one.failure is None:
        may_be_rewritten = source is not None and source.kind.capabilities.keys_of_contents
        one.failure = NotThereError(
            f"{name}: the platform no longer has return {return_id}, so there is no record of it to show.",
            _WHERE_REWRITTEN if may_be_rewritten else "The next run deals with what is still open of it.",
        )


def _masked(error: ReturnsyncError, mask: Masker) -> ReturnsyncError:
    found = ReturnsyncError(mask.values(error.what), mask.values(error.next_step))
    found.exit_code, found.problems = error.exit_code, tuple(map(mask.values, error.problems))
    return found


def _parsed(record: UnreadableRecord) -> Any:
    try:
        return decode_json(record.raw)
    except ValueError:
        return record.raw
