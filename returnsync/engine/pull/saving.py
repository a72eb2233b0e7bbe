"""Saving: save what a platform showed, and join the parts of one return to it."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import replace

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.plan import save_changes_of, under_kept_numbers, vanish, with_each_order_once
from returnsync.engine.pull.completing import Completing, ReadRecord
from returnsync.engine.pull.sorting import Sorted, Sorting
from returnsync.engine.sources import Source
from returnsync.engine.summary import SourceTally
from returnsync.mapping.order_numbers import folded
from returnsync.mapping.parts import join
from returnsync.model import OVER, Cause, Return, ReturnId, ReturnStatus, SourceId, UnreadableRecord
from returnsync.platforms.glimpse import glimpse
from returnsync.platforms.interface import Found, Platform
from returnsync.redact import knowing, masking_for
from returnsync.state import announcements, content, identity, ledger, parts, returns, set_aside
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.pull")

_DONE_BEFORE = "It was done before the return was announced."


def save(
    ctx: Context,
    q: Queries,
    source: SourceId,
    records: Iterable[ReadRecord],
    tally: SourceTally,
    stay_aside: Collection[ReturnId] = (),
) -> list[ReturnId]:
    """Save records, and return the ids of the returns that they belong to.

    A record set aside under the id of a return that is saved is removed, except those in `stay_aside`. A return in
    parts stays as it was, and is not announced, until `join_parts` has joined it again.
    """
    homes: dict[ReturnId, None] = {}
    for record, digest, was_tried, part_of in records:
        if isinstance(record, UnreadableRecord):
            keep = set_aside.keep_after_try if was_tried else set_aside.keep
            keep(q, source, glimpsed.without_what_was_erased(ctx, q, source, record), digest, part_of)
            continue
        if record.id not in stay_aside and not _stays_released(ctx, q, record):
            set_aside.take_back(q, record.source, record.id)
        home = _home_of(q, record)
        if home is None:
            _save_alone(ctx, q, record, digest, tally)
        else:
            _save_part(ctx, q, home, record, digest)
        homes[record.id if home is None else home] = None
    return list(homes)


def _stays_released(ctx: Context, q: Queries, record: Return) -> bool:
    """Whether a person released the record that a version requiring items had set aside: it stays released.

    Its key may have been rewritten since; then the record set aside is stored under the new key.
    """
    if record.lists_items:
        return False
    if set_aside.was_released_for_want_of_items(q, record.source, record.id):
        return True
    names = ctx.sources[record.source].kind.named_in_records
    numbers = {folded(number).casefold() for number in record.order_numbers()}
    for key, raw in set_aside.released_for_want_of_items(q, record.source):
        seen = glimpse(raw, names)
        alike = numbers & {folded(number).casefold() for number in seen.order_numbers}
        if seen.created == record.created and alike:
            set_aside.rename(q, record.source, key, record.id)
            return True
    return False


def ids_in(records: Iterable[ReadRecord]) -> set[ReturnId]:
    """The ids of the returns, or parts of returns, among some records."""
    return {record.found.id for record in records if isinstance(record.found, Return)}


def await_parts(q: Queries, records: Iterable[Return]) -> None:
    """Note that some records could not be completed yet, so that returns of which they are parts are not announced."""
    for ret in records:
        home = _home_of(q, ret)
        if home is not None:
            parts.more_to_come(q, ret.source, home)


def join_parts(ctx: Context, q: Queries, source: SourceId, homes: Iterable[ReturnId], tally: SourceTally) -> None:
    """Join returns again from their parts; those without parts are left as they are."""
    for home in homes:
        _join_parts_of(ctx, q, source, home, tally)


def _home_of(q: Queries, ret: Return) -> ReturnId | None:
    """The return of which a record is a part; `None` where it is a return itself. This is decided once, for ever.

    A part that comes after its return was begun is a return itself: the forecast of the others stays as it was sent.
    """
    known = parts.get(q, ret.source, ret.id)
    if known is not None:
        return known.home
    home = ReturnId(ret.group)
    alone = not home or ret.status in OVER or returns.get(q, ret.source, ret.id) is not None
    return None if alone or announcements.is_begun(q, ret.source, home) else home


def _save_alone(ctx: Context, q: Queries, ret: Return, digest: str, tally: SourceTally) -> None:
    if returns.is_news(q, ret, digest):
        ret = returns.as_kept(q, ret, ret.id)
        before = returns.get(q, ret.source, ret.id)
        ret = under_kept_numbers(ctx, q, ctx.sources[ret.source], ret.id, _with_what_is_known(ret, before), before)
    _save_return(ctx, q, ret, digest, tally)


def _save_part(ctx: Context, q: Queries, home: ReturnId, ret: Return, digest: str) -> None:
    known = parts.get(q, ret.source, ret.id)
    if known is not None and not returns.is_news(q, ret, digest):
        return  # unchanged; what is kept of it is complete, and the listed form need not be
    ret = returns.as_kept(q, ret, home)
    before = None if known is None else known.ret
    ret = under_kept_numbers(ctx, q, ctx.sources[ret.source], home, _with_what_is_known(ret, before), before)
    if ret.status is ReturnStatus.COMPLETED and _is_left_out(q, home, ret, before):
        ret = replace(ret, not_coming=_DONE_BEFORE)
    parts.save(q, home, ret, digest)


def _is_left_out(q: Queries, home: ReturnId, ret: Return, before: Return | None) -> bool:
    """Whether a part that is done was done before its return was begun: then it is not announced, and never was."""
    if announcements.is_begun(q, ret.source, home):
        return before is not None and before.not_coming == _DONE_BEFORE
    return True


def _with_what_is_known(ret: Return, before: Return | None) -> Return:
    """A return that lost its personal data, or is shown without its earlier lines, keeps what is known of it.

    Where it lists no items now, its earlier items are kept as well: a person decides whether they still come.
    """
    if before is not None and before.lists_items and ret.lines and not ret.lists_items and not ret.anonymised:
        return replace(ret, lines=(*(line for line in before.lines if line.is_item), *ret.lines))
    if before is None or not (ret.anonymised or (before.lines and not ret.lines)):
        return ret
    return returns.anonymised(before, ret)


def _join_parts_of(ctx: Context, q: Queries, source: SourceId, home: ReturnId, tally: SourceTally) -> None:
    """Save the return that is joined from its parts; does nothing where it has none."""
    members = parts.of_home(q, source, home)
    if members:
        whole = join(home, members, begun=announcements.is_begun(q, source, home))
        whole = with_each_order_once(ctx, q, ctx.sources[source], whole, returns.get(q, source, home))
        _save_return(ctx, q, whole, "", tally)
        if parts.has_unread(q, source, home):
            # The whole return was requested, and not all of its parts have been read yet.
            returns.read_soon(q, source, home)
    parts.joined(q, source, home)


def _save_return(ctx: Context, q: Queries, ret: Return, digest: str, tally: SourceTally) -> None:
    saved = returns.save(q, ret, digest)
    if saved.new or saved.changed:
        ctx.story.tell(q, ret.source, ret.id, "read" if saved.new else "changed", status=ret.raw_status)
        tally.new += saved.new
        tally.changed += saved.changed


def save_found(
    ctx: Context,
    source: Source,
    platform: Platform,
    record: ReturnId,
    found: Found,
    tally: SourceTally,
    *,
    is_single: bool = True,
) -> list[ReturnId]:
    """Save the result of reading one record by its id: a return, something unreadable, or `None` if it is gone.

    Returns the ids of the returns that it belongs to. If it was found in a list (not `is_single`) that shows an older
    copy, it is read singly where the platform allows that.

    Raises:
        AccountError: it, or a further read that it needs, cannot be read, since the platform cannot be used for now.
        CallError: it cannot be read singly for now. Nothing of it was lost in either case.
    """
    if found is not None and not _is_another(ctx, source, record, found):
        completing = Completing(ctx, source, platform)
        sorting = Sorting(source, completing.digest_of, clock.now(), is_single=is_single)
        is_older, homes = _complete_and_save(ctx, source, completing, sorting, found, tally)
        if is_older and source.kind.capabilities.reads_singly:
            with masking_for(glimpsed.mask_of(found)):
                newest = platform.one(record)
            return save_found(ctx, source, platform, record, newest, tally)
        if found_key(found) != record:
            _came_under_another_key(ctx, source, record, found_key(found))
        return homes or [record]
    with ctx.db.transaction() as q:
        # A record that was set aside and is gone now stays visible until a person releases it.
        set_aside.tried_in_vain(q, source.id, record)
        identity.forget_older_copy(q, source.id, record)
        part = parts.get(q, source.id, record)
        home = part.home if part else record
        if part:
            parts.remove(q, source.id, record)
            _join_parts_of(ctx, q, source.id, home, tally)
        if not parts.of_home(q, source.id, home):
            _save_vanished(ctx, q, source, home)
    return [home]


def found_key(found: Return | UnreadableRecord) -> ReturnId:
    """The key of what was found."""
    return found.id if isinstance(found, Return) else ReturnId(found.key)


def _is_another(ctx: Context, source: Source, record: ReturnId, found: Return | UnreadableRecord) -> bool:
    """Whether what came for a key is another return, known or released by a person: then the requested one is gone."""
    key = found_key(found)
    if key == record or not source.kind.capabilities.keys_of_contents:
        return False
    with ctx.db.reading() as q:
        home = identity.home_of(q, source.id, key)
        if home is None:
            aside = set_aside.get(q, source.id, key, clock.now())
            return aside is not None and aside.is_released
        return home != (identity.home_of(q, source.id, record) or record)


def _came_under_another_key(ctx: Context, source: Source, record: ReturnId, key: ReturnId) -> None:
    """Handle a record that came under another key: the requested one is gone, or still cannot be identified."""
    with ctx.db.transaction() as q:
        if identity.home_of(q, source.id, key) == (identity.home_of(q, source.id, record) or record):
            set_aside.take_back(q, source.id, record)
        else:
            # It was tried in vain, so others are tried before it.
            set_aside.tried_in_vain(q, source.id, record)


def _complete_and_save(
    ctx: Context,
    source: Source,
    completing: Completing,
    sorting: Sorting,
    found: Return | UnreadableRecord,
    tally: SourceTally,
) -> tuple[bool, list[ReturnId]]:
    """Save the result of one read; also returns whether it was an older copy, which is not saved."""
    if isinstance(found, UnreadableRecord) and found.cause is not Cause.IDENTITY_UNCLEAR:
        found_out, read = Sorted(), [ReadRecord(found, was_tried=True)]
    else:
        copies = [found] if isinstance(found, Return) else content.parsed_all(found.raw)
        with ctx.db.reading() as q:
            found_out = sorting.sort(q, copies)
        read = [*completing.complete_all(found_out.returns).read, *found_out.unclear]
    with ctx.db.transaction() as q:
        homes = save(ctx, q, source.id, read, tally, found_out.stay_aside)
        found_out.note(ctx, q, source, ids_in(read))
        join_parts(ctx, q, source.id, homes, tally)
    if completing.error is not None:
        raise completing.error
    return bool(found_out.older), homes


def _lacks_word(source: Source, ret: Return | None) -> bool:
    """Whether only its platform can say whether a return gets a label, since an earlier version did not read that."""
    if ret is None or ret.own_label is not None or not source.settings.label_setting:
        return False
    return ret.without_shipment is None


def _save_vanished(ctx: Context, q: Queries, source: Source, return_id: ReturnId) -> None:
    """The platform no longer has it. A person must look at it if it was to be announced, or perhaps if it was."""
    ret = returns.get(q, source.id, return_id)
    if ret is not None and returns.is_unplanned(q, source.id, return_id):
        # First save what its last known form called for, so that no later plan takes it for something new.
        save_changes_of(ctx, q, source, ret)
    known = announcements.of_return(q, source.id, return_id)
    if any(ledger.has_create_in_flight(q, announcement.code) for announcement in known):
        # It may be announced already: that is resolved first, and then it is read again.
        with knowing(ret):
            logger.info("return %s is gone from its platform, and it is not known whether it is announced", return_id)
        return
    with knowing(ret):
        logger.info("return %s is gone from its platform", return_id)
    returns.close(q, source.id, return_id)
    for announcement in known:
        perhaps_cancelled = source.kind.capabilities.cancelled_may_vanish
        changed = vanish(announcement, ret, perhaps_cancelled=perhaps_cancelled, lacks_word=_lacks_word(source, ret))
        # Reading it has shown that it is gone, so no read is missing.
        changed = replace(changed, unread_since=None)
        if changed != announcement:
            announcements.save(q, changed)
        if changed.cause != announcement.cause:
            ctx.story.tell(q, source.id, return_id, "held", changed.code, cause=changed.cause, what=changed.what)
