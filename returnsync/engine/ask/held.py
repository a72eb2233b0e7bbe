"""What a person does to what is held: have it looked at again, or take it out of our hands."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from returnsync.engine.context import Context
from returnsync.engine.lifecycle import Event, forget, move, retried
from returnsync.model import Announcement, Cause, Progress, Return, ReturnId, SourceId
from returnsync.platforms.records import HASHED
from returnsync.redact import Masker
from returnsync.state import announcements, identity, returns, set_aside, told
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.held")

_OPEN = frozenset({Progress.DUE, Progress.WAITING, Progress.HELD})


def list_held(ctx: Context) -> list[dict[str, Any]]:
    """What waits for a person, and nothing else; each as one JSON object, masked."""
    names = {source.id: source.name for source in ctx.sources.values()}
    with ctx.db.reading() as q:
        found = [
            {
                "source": names.get(item.source, item.source),
                "order_number": item.order_number,
                "return_number": ret.number if ret else "",
                "return_id": item.return_id,
                "code": item.code,
                "cause": item.cause or "",
                "what": item.what,
                "answer": mask(item.foreign) if item.foreign else "",
                "next_step": item.next_step,
            }
            for item, ret, mask in _with_returns(q)
        ]
        aside = [
            {
                "source": names.get(SourceId(record["source"]), record["source"]),
                "order_number": ", ".join(_order_numbers(q, record)),
                "return_number": "",
                "return_id": record["record"],
                "code": record["record"],
                "cause": record["cause"],
                "what": _what_is_wrong(record),
                "answer": "",
                "next_step": _next_step(q, record),
            }
            for record in set_aside.every(q)
        ]
    return found + aside


def _order_numbers(q: Queries, record: Mapping[str, str]) -> list[str]:
    """The orders of a record that can be read, as the platform wrote them."""
    unclear = set_aside.unclear_records(q, SourceId(record["source"]), record["record"])
    return list(dict.fromkeys(number for ret in unclear for number in ret.order_numbers()))


def _what_is_wrong(record: Mapping[str, str]) -> str:
    if record["cause"] == Cause.IDENTITY_UNCLEAR:
        return record["problem"]
    return f"This record of the platform cannot be read: {record['problem']}."


def _next_step(q: Queries, record: Mapping[str, str]) -> str:
    key, home = record["record"], record["home"]
    if record["cause"] != Cause.IDENTITY_UNCLEAR:
        return _next_step_of_unreadable(key)
    if home == key:
        return (
            "Look them up at the platform. It goes on by itself once a listing shows one of them alone; to have it "
            f"read by the next run: returnsync held retry {key}. If you announced by hand what is to be announced, or "
            f"they are none of ours: returnsync held release {key}."
        )
    resolve = f"returnsync held resolve identity-unclear {key}"
    may_be = identity.candidates(q, SourceId(record["source"]), ReturnId(key))
    which = "".join(f" If it is {one}, rewritten: {resolve} --same-as {one}." for one in may_be)
    return (
        f"Look them up at the platform. If it is another return, to be announced: {resolve} --another.{which} If it is "
        f"none of ours: returnsync held release {key}."
    )


def _next_step_of_unreadable(key: str) -> str:
    release = f"If it is none of ours: returnsync held release {key}."
    if key.startswith(HASHED):
        return f"It has no id to ask for it by, so it is read again when it is listed again. {release}"
    return (
        "Look it up at the platform. It is tried again by the next run, then hourly, then daily. "
        f"To have it read by the next run: returnsync held retry {key}. {release}"
    )


def _with_returns(q: Queries) -> Iterator[tuple[Announcement, Return | None, Masker]]:
    """What is held, each with its return; a large return of many orders is not read anew for each of them."""

    @lru_cache(maxsize=100)
    def of(source: SourceId, return_id: ReturnId) -> tuple[Return | None, Masker]:
        ret = returns.get(q, source, return_id)
        return ret, Masker(ret)

    for item in announcements.held(q):
        yield item, *of(item.source, item.return_id)


def choose_held(ctx: Context, codes: Iterable[str], cause: str | None, *, everything: bool) -> Iterator[dict[str, Any]]:
    """Those of the held that are meant: by code, by cause, or all."""
    wanted = set(codes)
    for item in list_held(ctx):
        if everything or item["code"] in wanted or (cause is not None and item["cause"] == cause):
            yield item


def retry(ctx: Context, code: str) -> None:
    """Have one looked at again by the next run."""
    with ctx.db.transaction() as q:
        item = announcements.get(q, code)
        if item is None:
            # no announcement, but a record that could not be read
            for source in _sources_of_record(q, code):
                set_aside.retry(q, source, code)
                told.tell_held_anew(q, source, code)
            return
        again = retried(item)
        if again is not None:
            announcements.save(q, forget(again))
        else:
            logger.info("%s goes on only when its platform shows otherwise; it is read again", code)
        if item.announced_at is None:
            # Settings or the platform may say otherwise by now: it is read again, and worked out anew.
            returns.read_again(q, item.source, item.return_id)
        if item.source in ctx.sources:
            # What a lookup answered may have been corrected there.
            ctx.numbers.forget(q, ctx.sources[item.source], item)
        ctx.story.tell(q, item.source, item.return_id, "retry asked for", item.code)
        told.tell_held_anew(q, item.source, item.code)


def release(ctx: Context, code: str) -> None:
    """Take one out of our hands: it stays in state, and nothing more is done for it."""
    with ctx.db.transaction() as q:
        item = announcements.get(q, code)
        if item is not None:
            announcements.save(q, move(item, Event.RELEASED, item.cause, "A person released it."))
            ctx.story.tell(q, item.source, item.return_id, "released", item.code, cause=item.cause)
            return
        for source in _sources_of_record(q, code):
            set_aside.release(q, source, code)
            _release_unannounced(ctx, q, source, ReturnId(code))
            for home in identity.candidates(q, source, ReturnId(code)):
                # It waited meanwhile, and what is known of it may be old.
                returns.read_again(q, source, home)


def _release_unannounced(ctx: Context, q: Queries, source: SourceId, record: ReturnId) -> None:
    """With a record that cannot be read its own return is released; what was announced of it stays as it is."""
    if set_aside.unclear_records(q, source, record):
        return  # then it is not clear which return it is
    home = identity.home_of(q, source, record)
    for item in announcements.of_return(q, source, home) if home else ():
        if item.announced_at is None and item.progress in _OPEN:
            announcements.save(q, move(item, Event.RELEASED, item.cause, "A person released its record."))
            ctx.story.tell(q, item.source, item.return_id, "released", item.code, cause=item.cause)


def _sources_of_record(q: Queries, key: str) -> list[SourceId]:
    """The sources that have a record set aside under a key."""
    return [SourceId(record["source"]) for record in set_aside.every(q) if record["record"] == key]
