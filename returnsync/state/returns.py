"""Returns as they were read. Each function runs inside a transaction."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from returnsync import clock, typed
from returnsync.model import OVER, Return, ReturnId, SourceId
from returnsync.redact import MASK
from returnsync.state import personal
from returnsync.state.content import content_hash, dumped, dumped_at_rest, earlier_hashes, of_row, parsed
from returnsync.state.database import Queries

# An unchanged return is noted as read again at most this often: an idle run should not write.
_TOUCH_EVERY = timedelta(hours=1)


class Saved(NamedTuple):
    """What saving a return found: it is new, or its content changed, or neither."""

    new: bool
    changed: bool


# A return that is to be read has no moment of its last read, or one of the year 0, at which a read failed.
_FIRST_MOMENT = "0001"


def save(q: Queries, ret: Return, digest: str = "") -> Saved:
    """Keep a return as it was read now; a new or changed one is to be planned.

    `digest` is the hash of the return as it was listed, if it was completed since: the next listing is compared with it
    to find out whether anything changed.
    """
    at = clock.now()
    known = q.known_return(source=ret.source, id=ret.id)
    digest = digest or content_hash(ret)
    ret = _as_kept(ret, known)
    if known is not None and _is_same(q, known["hash"], ret, digest):
        if known["read_at"] < _FIRST_MOMENT:
            _complete(q, ret, digest, at)
        elif not digest.startswith(known["hash"]):
            q.keep_hash(source=ret.source, id=ret.id, hash=_hash_kept(digest, known), at=clock.stamp(at))
        elif known["read_at"] < clock.stamp(at - _TOUCH_EVERY):
            q.touch_return(source=ret.source, id=ret.id, at=clock.stamp(at))
        return Saved(new=False, changed=False)
    before = None if known is None else get(q, ret.source, ret.id)
    q.save_return(
        source=ret.source,
        id=ret.id,
        number=ret.number,
        status=ret.status.value,
        created=clock.stamp(ret.created),
        updated=clock.stamp(ret.updated),
        hash=_hash_kept(digest, known),
        body=_body_kept(ret, known),
        at=clock.stamp(at),
        is_open=int(ret.status not in OVER),
    )
    for alias in set(before.aliases if before else ()) - set(ret.aliases):
        q.forget_alias(source=ret.source, alias=alias, id=ret.id)
    for alias in ret.aliases:
        q.save_alias(source=ret.source, alias=alias, id=ret.id)
    return Saved(new=known is None, changed=known is not None)


def as_kept(q: Queries, ret: Return, home: ReturnId) -> Return:
    """A return, or a part of the return `home`, as it is kept: without personal data if that return was erased."""
    return _as_kept(ret, q.known_return(source=ret.source, id=home))


def _as_kept(ret: Return, known: Any) -> Return:
    return personal.erased(ret) if _is_erased(known) else ret


def _hash_kept(digest: str, known: Any) -> str:
    return personal.erased_hash(digest) if _is_erased(known) else digest


def _body_kept(ret: Return, known: Any) -> str:
    return dumped_at_rest(ret) if _is_erased(known) else dumped(ret)


def _is_erased(known: Any) -> bool:
    return known is not None and known["erased_at"] is not None


def _complete(q: Queries, ret: Return, digest: str, at: datetime) -> None:
    """Add what an earlier version did not ask for to a return that was read once more and is unchanged."""
    known, kept = q.known_return(source=ret.source, id=ret.id), get(q, ret.source, ret.id)
    if kept is None:
        return
    told = ret.without_shipment if kept.without_shipment is None else kept.without_shipment
    q.keep_body(
        source=ret.source,
        id=ret.id,
        hash=_hash_kept(digest, known),
        body=_body_kept(replace(kept, without_shipment=told), known),
        is_open=int(kept.status not in OVER),
        at=clock.stamp(at),
    )


def anonymised(known: Return, shown: Return) -> Return:
    """A return whose personal data the platform removed: what is known of it stays, except its status."""
    return replace(known, status=shown.status, raw_status=shown.raw_status, updated=shown.updated)


def is_news(q: Queries, ret: Return, digest: str) -> bool:
    """Whether a record as it is listed now is new or changed."""
    part = q.one_part(source=ret.source, record=ret.id)
    known = part or q.known_return(source=ret.source, id=ret.id)
    if known is None:
        return True
    ret = as_kept(q, ret, part["home"]) if part else _as_kept(ret, known)
    return not _is_same(q, known["hash"], ret, digest, part)


def may_be_older(q: Queries, ret: Return, *, by_history: bool) -> bool:
    """Whether a return may be older than what is kept; with `by_history`, also if its time of change is the same."""
    known = q.known_return(source=ret.source, id=ret.id)
    at = clock.stamp(ret.updated)
    return known is not None and (at < known["updated"] or (by_history and at == known["updated"]))


def _is_same(q: Queries, known: str, ret: Return, digest: str, part: Any = None) -> bool:
    """Whether a record whose hash was `known` is unchanged. A record without a hash counts as changed.

    A different hash alone is not a change: earlier versions computed it in another way, and a record that was listed in
    another way may still equal what is kept.
    """
    if not known:
        return False
    if digest.startswith(known) or any(earlier.startswith(known) for earlier in earlier_hashes(ret)):
        return True  # of an erased return, only the beginning of the hash is kept
    kept = part or q.one_return(source=ret.source, id=ret.id)
    return bool(kept["body"]) and content_hash(parsed(kept["body"]) if part else of_row(kept)) == content_hash(ret)


def get(q: Queries, source: SourceId, return_id: ReturnId) -> Return | None:
    """One return as it was read last."""
    row = q.one_return(source=source, id=return_id)
    return None if row is None else of_row(row)


def each(
    q: Queries, source: SourceId, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Return]:
    """Every return of a source that can be read, oldest first, of those made at `since` or later and before `until`."""
    begin, end = clock.stamp(since) if since else "", clock.stamp(until) if until else clock.LATEST
    for row in q.returns_of_source(source=source, since=begin, until=end):
        with suppress(ValueError):
            yield of_row(row)


def any_known(q: Queries) -> bool:
    """Whether any return was ever read."""
    return q.any_return() is not None


class Known(NamedTuple):
    """A return as it was read last, and since when it is known; times are texts, as the state keeps them."""

    ret: Return
    first_seen: str
    erased_at: str | None


def created_since(q: Queries, source: SourceId, since: datetime | None, after: Return | None, most: int) -> list[Known]:
    """Up to `most` returns of a source that its platform made since a moment, or ever, oldest first.

    If `after` is given, only those that come after that one.
    """
    rows = q.returns_created_since(
        source=source,
        since=clock.stamp(since) if since else "",
        created=clock.stamp(after.created) if after else "",
        id=after.id if after else "",
        most=most,
    )
    return [Known(of_row(row), row["first_seen"], row["erased_at"]) for row in rows]


def unplanned(q: Queries, source: SourceId, after: str, most: int) -> list[Return]:
    """Up to `most` returns that are new or changed since they were last planned, in order of their ids."""
    rows = q.unplanned_returns(source=source, after=after, most=most)
    return [of_row(row) for row in rows]


def is_unplanned(q: Queries, source: SourceId, return_id: ReturnId) -> bool:
    """Whether a return is new or changed since it was last planned."""
    return bool(q.is_unplanned(source=source, id=return_id))


def is_to_be_read(q: Queries, source: SourceId, return_id: ReturnId) -> bool:
    """Whether a return was to be read from its platform again, and was not read since then."""
    return bool(q.is_to_be_read(source=source, id=return_id))


def planned(q: Queries, ret: Return) -> None:
    """Note that a return was planned: its announcements hold what it calls for now."""
    q.planned(source=ret.source, id=ret.id)


def to_read_again(q: Queries, source: SourceId, before: datetime, youngest: datetime, most: int) -> list[ReturnId]:
    """Open returns not read since `before`, longest unread first: those to be read, or created after `youngest`."""
    rows = q.returns_to_read_again(source=source, before=clock.stamp(before), youngest=clock.stamp(youngest), most=most)
    return [ReturnId(row["id"]) for row in rows]


def close(q: Queries, source: SourceId, return_id: ReturnId) -> None:
    """The platform will no longer change it: runs do not read it again by themselves."""
    q.close_return(source=source, id=return_id, at=clock.stamp(clock.now()))


def plan_again(q: Queries, source: SourceId, return_id: ReturnId) -> None:
    """The next plan works out again what it calls for."""
    q.plan_again(source=source, id=return_id)


def read_again(q: Queries, source: SourceId, return_id: ReturnId) -> None:
    """The next run reads it from its platform; after that, the plan works out again what it calls for."""
    q.read_again(source=source, id=return_id)
    q.read_parts_again(source=source, home=return_id)


def lacking(q: Queries, flag: str) -> list[tuple[SourceId, ReturnId]]:
    """The returns with something to do that were read by a version that did not ask for a flag."""
    # In JSON, a quotation mark within a text has a backslash before it, so only the flag itself can match.
    yes, no = (f'%"{flag}":{word}%' for word in ("true", "false"))
    rows = q.returns_lacking(at=clock.stamp(clock.now()), yes=yes, no=no)
    return [(SourceId(row["source"]), ReturnId(row["id"])) for row in rows]


def read_soon(q: Queries, source: SourceId, return_id: ReturnId) -> None:
    """The next run reads it from its platform; it does not count as new or changed because of that."""
    q.read_soon(source=source, id=return_id)


def find(q: Queries, text: str) -> list[tuple[SourceId, ReturnId]]:
    """The returns that a person could mean by an order number, return number, return id, code or another name.

    Names equal to the text as it was typed or pasted are looked for first, with and without a `#`. If there are none,
    names that look the same are.
    """
    found = {(row[0], row[1]) for written in typed.spellings(text) for row in q.find_returns(text=written)}
    looks = typed.folded(text)
    if not found and looks:
        # A name may have been copied with a masked part, which may stand for anything.
        meant = re.compile(".+".join(map(re.escape, looks.split(MASK))))
        found = {
            (row["source"], row["return_id"])
            for row in q.names_of_returns()
            if meant.fullmatch(typed.folded(row["name"]))
        }
    return [(SourceId(source), ReturnId(return_id)) for source, return_id in sorted(found)]


def read_in_vain(q: Queries, source: SourceId, key: str) -> None:
    """A record of it could not be read now: next time the others come first."""
    part = q.one_part(source=source, record=key)
    q.read_in_vain(source=source, id=part["home"] if part else key, at=clock.stamp(clock.now()))
