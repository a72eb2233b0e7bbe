"""Intake: what a platform showed, completed where it is new, and saved; parts of one return are joined on the way."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

from returnsync.engine.context import Context, Source
from returnsync.engine.plan import settle
from returnsync.engine.policy import vanish
from returnsync.engine.summary import SourceTally
from returnsync.errors import AccountRefused, CallError, Refused
from returnsync.mapping.parts import join
from returnsync.model import Return, ReturnId, ReturnStatus, SourceId, UnreadableRecord
from returnsync.platforms.interface import Found, Platform
from returnsync.platforms.records import UntranslatableError
from returnsync.state import announcements, content, ledger, parts, returns
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.pull")
steps = logging.getLogger("returnsync.steps")

# First seen like this, a part adds nothing to what is still to be announced: it stands alone.
_OVER = frozenset({ReturnStatus.COMPLETED, ReturnStatus.REJECTED, ReturnStatus.CANCELLED})
_DONE_BEFORE = "It was done before the return was announced."


class Taken(NamedTuple):
    """A record that was read: the return, with the hash of it as it was listed; or what cannot be read."""

    ret: Return | UnreadableRecord
    digest: str = ""


def completes(platform: Platform) -> bool:
    """Whether new and changed returns of a platform take further reads."""
    return type(platform).complete is not Platform.complete


def complete(ctx: Context, platform: Platform, records: Iterable[Return | UnreadableRecord]) -> Iterator[Taken]:
    """Complete those that are new or changed. What cannot be completed now is set aside, and tried again.

    Raises:
        AccountError: the platform cannot be used for now.
    """
    further = completes(platform)
    for record in records:
        if isinstance(record, UnreadableRecord):
            yield Taken(record)
            continue
        # Where the list leaves out what a return is made of, only its time of change can tell that it changed.
        digest = content.content_hash(record, timed=further and not record.lines)
        yield Taken(_completed(ctx, platform, record, digest) if further else record, digest)


def _completed(ctx: Context, platform: Platform, ret: Return, digest: str) -> Return | UnreadableRecord:
    with ctx.db.reading() as q:
        if not returns.is_news(q, ret, digest):
            return ret
        part = parts.get(q, ret.source, ret.id)
        known = None
        if announcements.is_begun(q, ret.source, part.home if part else ret.id):
            known = part.ret if part else returns.get(q, ret.source, ret.id)
        elif ret.status in _OVER:
            return ret
    try:
        return platform.complete(ret, known)
    except UntranslatableError as error:
        return UnreadableRecord(ret.id, content.dumped(ret), str(error))
    except Refused as error:
        if error.status == HTTPStatus.FORBIDDEN:
            raise AccountRefused(
                ctx.sources[ret.source].name,
                f"{platform.title} refuses a read that a return needs to be completed (HTTP {error.status}).",
                "Check what the credentials of this source may read; its page in docs/platforms says what is needed.",
                foreign=error.foreign,
            ) from error
        return _incomplete(ret, error)
    except CallError as error:
        return _incomplete(ret, error)


def _incomplete(ret: Return, error: CallError) -> UnreadableRecord:
    how = f"was answered with {error.status}" if error.status else "had no answer"
    logger.info("return %s cannot be completed now: %s", ret.id, error.what)
    return UnreadableRecord(ret.id, content.dumped(ret), f"a further read that it needs {how}")


def save(
    ctx: Context,
    source: SourceId,
    records: Iterable[Taken],
    tally: SourceTally,
    *,
    also: Callable[[Queries], None] | None = None,
) -> list[ReturnId]:
    """Save records in one transaction, and do in it what `also` does; the ids of the returns that they went to."""
    homes: dict[ReturnId, None] = {}
    with ctx.db.transaction() as q:
        for record, digest in records:
            if isinstance(record, UnreadableRecord):
                returns.set_aside(q, source, record)
                continue
            returns.take_back(q, record.source, record.id)
            home = _home_of(q, record)
            if home is None:
                _save_alone(ctx, q, record, digest, tally)
                homes[record.id] = None
            else:
                _save_part(ctx, q, home, record, digest)
                homes[home] = None
        for home in homes:
            _join(ctx, q, source, home, tally)
        if also is not None:
            also(q)
    return list(homes)


def _home_of(q: Queries, ret: Return) -> ReturnId | None:
    """The return that a record is a part of; `None` where it stands alone. Settled once, and for ever.

    A part that comes when its return was begun already stands alone: the forecast of the others stands as it was sent.
    """
    known = parts.get(q, ret.source, ret.id)
    if known is not None:
        return known.home
    home = ReturnId(ret.group)
    alone = not home or ret.status in _OVER or returns.get(q, ret.source, ret.id) is not None
    return None if alone or announcements.is_begun(q, ret.source, home) else home


def _save_alone(ctx: Context, q: Queries, ret: Return, digest: str, tally: SourceTally) -> None:
    if returns.is_news(q, ret, digest):
        before = returns.get(q, ret.source, ret.id)
        ret = _under_its_number(ctx, _with_what_is_known(ret, before), before)
    _save_return(ctx, q, ret, digest, tally)


def _under_its_number(ctx: Context, ret: Return, before: Return | None) -> Return:
    """Where a return has one order, it stays known by the number that it was first seen with: its code hangs on it.

    A number that comes, or changes, later is what the warehouse is asked for.
    """
    several = ctx.sources[ret.source].kind.capabilities.several_orders
    if several or before is None or not before.lines or not ret.lines:
        return ret
    first = before.lines[0].order_number
    lines = (replace(line, order_number=first, order_ref=line.order_ref or line.order_number) for line in ret.lines)
    return ret if ret.order_numbers() == (first,) else replace(ret, lines=tuple(lines))


def _save_part(ctx: Context, q: Queries, home: ReturnId, ret: Return, digest: str) -> None:
    known = parts.get(q, ret.source, ret.id)
    if known is not None and not returns.is_news(q, ret, digest):
        return  # as it was; what is kept of it is complete, and what was listed now need not be
    before = None if known is None else known.ret
    ret = _under_its_number(ctx, _with_what_is_known(ret, before), before)
    if ret.status is ReturnStatus.COMPLETED and _is_left_out(q, home, ret, before):
        ret = replace(ret, not_coming=_DONE_BEFORE)
    parts.save(q, home, ret, digest)


def _is_left_out(q: Queries, home: ReturnId, ret: Return, before: Return | None) -> bool:
    """Whether a part that is done was done before its return was begun: then it is not, and never was, announced."""
    if announcements.is_begun(q, ret.source, home):
        return before is not None and before.not_coming == _DONE_BEFORE
    return True


def _with_what_is_known(ret: Return, before: Return | None) -> Return:
    return returns.anonymised(before, ret) if ret.anonymised and before is not None else ret


def _join(ctx: Context, q: Queries, source: SourceId, home: ReturnId, tally: SourceTally) -> None:
    """Save the return that parts make up anew; nothing where it has none."""
    members = parts.of_home(q, source, home)
    if members:
        whole = join(home, members, begun=announcements.is_begun(q, source, home))
        _save_return(ctx, q, whole, "", tally)


def _save_return(ctx: Context, q: Queries, ret: Return, digest: str, tally: SourceTally) -> None:
    saved = returns.save(q, ret, digest)
    if saved.new or saved.changed:
        ctx.story.tell(q, ret.source, ret.id, "read" if saved.new else "changed", status=ret.raw_status)
        tally.new += saved.new
        tally.changed += saved.changed


def records_of(q: Queries, source: SourceId, return_id: ReturnId) -> list[ReturnId]:
    """The ids by which a return is read from its platform: those of its parts, where it has any."""
    return parts.records_of(q, source, return_id) or [return_id]


def save_anew(
    ctx: Context, source: Source, platform: Platform, record: ReturnId, found: Found, tally: SourceTally
) -> list[ReturnId]:
    """Save what reading one record by its id gave: a return, something unreadable, or nothing any more.

    Gives the ids of the returns that it belongs to.
    """
    if found is not None:
        return save(ctx, source.id, complete(ctx, platform, [found]), tally)
    with ctx.db.transaction() as q:
        # A record that was set aside and is gone now stays visible until a person says that it is none of ours.
        returns.tried_in_vain(q, source.id, record)
        part = parts.get(q, source.id, record)
        home = part.home if part else record
        if part:
            parts.remove(q, source.id, record)
            _join(ctx, q, source.id, home, tally)
        if not parts.of_home(q, source.id, home):
            _vanished(ctx, q, source, home)
    return [home]


def _vanished(ctx: Context, q: Queries, source: Source, return_id: ReturnId) -> None:
    """The platform no longer has it. What was to be announced needs a person; so may what was announced."""
    ret = returns.get(q, source.id, return_id)
    if ret is not None and returns.is_unplanned(q, source.id, return_id):
        # What it called for as it was seen last comes first, so that no later plan takes it for something new.
        settle(ctx, q, source, ret)
    known = announcements.of_return(q, source.id, return_id)
    if any(ledger.is_in_flight(q, announcement.code) for announcement in known):
        return  # it may stand at the warehouse already: that is settled first, and then it is read once more
    returns.close(q, source.id, return_id)
    for announcement in known:
        changed = vanish(announcement, ret, perhaps_cancelled=source.kind.capabilities.cancelled_may_vanish)
        if changed is not announcement:
            announcements.save(q, changed)
            ctx.story.tell(q, source.id, return_id, "held", changed.code, cause=changed.cause, what=changed.what)
