"""What a person does to what is held: have it looked at again, or take it out of our hands."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from shlex import quote

from returnsync import clock
from returnsync.engine.ask.entries import Entry, entry_of, entry_of_record, source_names, with_returns
from returnsync.engine.context import Context
from returnsync.engine.lifecycle import Event, forget, move, retried
from returnsync.engine.plan import RELEASED_WITH_ITS_RECORD
from returnsync.model import OPEN, Announcement, Cause, Progress, ReturnId, SourceId
from returnsync.platforms.records import HASHED
from returnsync.state import announcements, identity, overview, returns, set_aside, told
from returnsync.state.database import Queries
from returnsync.state.history import ByPerson
from returnsync.state.overview import Span, Stands

logger = logging.getLogger("returnsync.held")

_HELD = Span()


def list_held(ctx: Context, span: Span = _HELD) -> list[Entry]:
    """What waits for a person, and nothing else; only what is held for the causes of a span and in its time.

    Each tells `since` when it is held.
    """
    names = source_names(ctx)
    with ctx.db.reading() as q:
        since = _since(q, replace(span, states=(Stands.HELD,)))
        held = [item for item in announcements.held(q) if (item.source, item.code) in since]
        found = [entry_of(names, item, ret, mask, is_held=True) for item, ret, mask in with_returns(q, held)]
        found += [
            entry_of_record(ctx, q, record, what=what_is_wrong(record), next_step=next_step_of(q, record))
            for record in set_aside.every(q)
            if (record["source"], record["record"]) in since
        ]
    for entry in found:
        entry.shown["since"] = since[entry.source, entry.code]
    return found


def list_waiting(ctx: Context, span: Span) -> list[Entry]:
    """What waits and goes on by itself, by cause, what is tried next first; each with its `next_try`."""
    names = source_names(ctx)
    with ctx.db.reading() as q:
        since = _since(q, replace(span, states=(Stands.WAITING,)))
        waiting = [item for item in announcements.waiting(q) if (item.source, item.code) in since]
        found = [entry_of(names, item, ret, mask, is_held=True) for item, ret, mask in with_returns(q, waiting)]
    for entry in found:
        entry.shown["since"] = since[entry.source, entry.code]
        entry.shown["next_try"] = clock.stamp_or_none(entry.item.due_at) if entry.item else None
    return found


def _since(q: Queries, span: Span) -> dict[tuple[str, str], str]:
    """By source, and by code or the key of a record, since when each is as it is."""
    return {(one.source, one.code or one.return_id): one.since for one in overview.listed(q, None, span, None)}


def what_is_wrong(record: Mapping[str, str]) -> str:
    """Why a record is set aside, in a sentence."""
    if record["cause"] == Cause.IDENTITY_UNCLEAR:
        return record["problem"]
    return f"This record of the platform cannot be read: {record['problem']}."


def next_step_of(q: Queries, record: Mapping[str, str]) -> str:
    """What a person does about a record that is set aside."""
    key, home = quote(record["record"]), record["home"]
    if record["cause"] != Cause.IDENTITY_UNCLEAR:
        return _next_step_of_unreadable(record["record"])
    if home == record["record"]:
        return (
            "Look them up at the platform. It goes on by itself once a listing shows one of them alone; to have it "
            f"read by the next run: returnsync held retry {key}. If you announced by hand what is to be announced, or "
            f"they are none of ours: returnsync held release {key}."
        )
    resolve = f"returnsync held resolve identity-unclear {key}"
    may_be = identity.candidates(q, SourceId(record["source"]), ReturnId(record["record"]))
    which = "".join(f" If it is {one}, rewritten: {resolve} --same-as {quote(one)}." for one in may_be)
    return (
        f"Look them up at the platform. If it is another return, to be announced: {resolve} --another.{which} If it is "
        f"none of ours: returnsync held release {key}."
    )


def _next_step_of_unreadable(key: str) -> str:
    release = f"If it is none of ours: returnsync held release {quote(key)}."
    if key.startswith(HASHED):
        return f"It has no id to ask for it by, so it is read again when it is listed again. {release}"
    return (
        "Look it up at the platform. It is tried again by the next run, then hourly, then daily. "
        f"To have it read by the next run: returnsync held retry {quote(key)}. {release}"
    )


def retry(ctx: Context, entry: Entry) -> None:
    """Have one looked at again by the next run."""
    with ctx.db.transaction() as q:
        if entry.item is None:
            # no announcement, but a record that could not be read
            set_aside.retry(q, entry.source, entry.code)
            told.tell_held_anew(q, entry.source, entry.code)
            return
        item = announcements.get(q, entry.code) or entry.item
        again = retried(item)
        if again is not None:
            announcements.save(q, forget(again))
        else:
            logger.info("%s goes on only when its platform shows otherwise; it is read again", item.code)
        if item.announced_at is None or item.unread_since is not None:
            # Settings or the platform may say otherwise by now: it is read again, and worked out anew.
            returns.read_again(q, item.source, item.return_id)
        if item.source in ctx.sources:
            # What a lookup answered may have been corrected there.
            ctx.numbers.forget(q, ctx.sources[item.source], item)
        ctx.story.tell(q, item.source, item.return_id, ByPerson.RETRY, item.code)
        told.tell_held_anew(q, item.source, item.code)


def release(ctx: Context, entry: Entry) -> None:
    """Take one out of our hands: it stays in state, and nothing more is done for it."""
    with ctx.db.transaction() as q:
        item = announcements.get(q, entry.code) if entry.item is not None else None
        if item is not None:
            _release(ctx, q, item, "A person released it.")
            return
        record = ReturnId(entry.code)
        set_aside.release(q, entry.source, record)
        _release_unannounced(ctx, q, entry.source, record)
        for home in identity.candidates(q, entry.source, record):
            # It waited meanwhile, and what is known of it may be old.
            returns.read_again(q, entry.source, home)


def _release(ctx: Context, q: Queries, item: Announcement, what: str) -> None:
    if item.progress is Progress.RELEASED:
        return  # with its record, a moment ago
    announcements.save(q, move(item, Event.RELEASED, item.cause, what))
    ctx.story.tell(q, item.source, item.return_id, ByPerson.RELEASED, item.code, cause=item.cause)


def _release_unannounced(ctx: Context, q: Queries, source: SourceId, record: ReturnId) -> None:
    """With a record that cannot be read its own return is released; what was announced of it stays as it is."""
    if set_aside.unclear_records(q, source, record):
        return  # then it is not clear which return it is
    home = identity.home_of(q, source, record)
    for item in announcements.of_return(q, source, home) if home else ():
        if item.announced_at is None and item.progress in OPEN:
            _release(ctx, q, item, RELEASED_WITH_ITS_RECORD)
