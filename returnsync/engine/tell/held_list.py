"""What is held, or waits, by cause: which return, why, since when, and what helps."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from shlex import quote
from typing import Any

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.tell.entries import Entry, entry_of, entry_of_record, source_names, with_returns
from returnsync.engine.tell.overview import sources_called
from returnsync.model import Cause, ReturnId, SourceId
from returnsync.platforms.records import HASHED
from returnsync.state import announcements, identity, overview, set_aside
from returnsync.state.database import Queries
from returnsync.state.overview import Span, Stands


@dataclass(frozen=True)
class Asked:
    """What is asked for: entries of a span, of these sources if any are given, at most `most` for each cause."""

    span: Span = field(default_factory=Span)
    sources: Sequence[str] = ()
    most: int | None = None
    waiting: bool = False
    """List what waits and goes on by itself, instead of what is held."""


@dataclass(frozen=True)
class HeldList:
    """The entries, by cause, and how many more each cause has."""

    entries: list[Entry]
    more: Mapping[str, int]


def list_held(ctx: Context) -> list[Entry]:
    """Everything that is held for a person."""
    return look_at_held(ctx, Asked()).entries


def look_at_held(ctx: Context, asked: Asked) -> HeldList:
    """What is held, or waits, each with `since`; what waits also has its `next_try`, the first one first.

    Raises:
        NotThereError: a source is not known.
    """
    names = source_names(ctx)
    with ctx.db.reading() as q:
        since = _since(ctx, q, asked)
        items = announcements.waiting(q) if asked.waiting else announcements.held(q)
        few = _Few(since, asked.most)
        chosen = [item for item in items if few.takes(item.source, item.code, item.cause or "")]
        found = [entry_of(names, item, ret, mask, is_held=True) for item, ret, mask in with_returns(q, chosen)]
        found += [] if asked.waiting else _records(ctx, q, few)
    for entry in found:
        entry.shown["since"] = since[entry.source, entry.code]
        if asked.waiting and entry.item is not None:
            entry.shown["next_try"] = clock.stamp_or_none(entry.item.due_at)
    return HeldList(sorted(found, key=lambda entry: entry.cause), few.more)


def _since(ctx: Context, q: Queries, asked: Asked) -> dict[tuple[str, str], str]:
    """By source and code (or the key of a record): since when it has its state."""
    span = replace(asked.span, states=(Stands.WAITING if asked.waiting else Stands.HELD,))
    sources = sources_called(ctx, q, asked.sources)
    keys = (one for source in sources for one in overview.listed(q, source, span, None))
    return {(one.source, one.code or one.return_id): one.since for one in keys}


class _Few:
    """Takes the entries that are asked for, at most `most` for each cause, and counts the others."""

    def __init__(self, among: Mapping[tuple[str, str], Any], most: int | None) -> None:
        self._among = among
        self._most = most
        self._taken: Counter[str] = Counter()
        self.more: Counter[str] = Counter()

    def takes(self, source: SourceId, code: str, cause: str) -> bool:
        if (source, code) not in self._among:
            return False
        is_one = self._most is None or self._taken[cause] < self._most
        (self._taken if is_one else self.more)[cause] += 1
        return is_one


def _records(ctx: Context, q: Queries, few: _Few) -> Iterator[Entry]:
    for record in set_aside.every(q):
        if few.takes(SourceId(record["source"]), record["record"], record["cause"]):
            yield entry_of_record(ctx, q, record, what=what_is_wrong(record), next_step=next_step_of(q, record))


def what_is_wrong(record: Mapping[str, str]) -> str:
    """A sentence that says why a record is set aside."""
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
            "Look them up at the platform. They go on by themselves once a listing shows only one of them. To have "
            f"them read by the next run: returnsync held retry {key}. If you announced by hand what is to be "
            f"announced, or they are not yours: returnsync held release {key}."
        )
    resolve = f"returnsync held resolve identity-unclear {key}"
    may_be = identity.candidates(q, SourceId(record["source"]), ReturnId(record["record"]))
    which = "".join(f" If it is {one}, rewritten: {resolve} --same-as {quote(one)}." for one in may_be)
    return (
        f"Look them up at the platform. If it is another return, to be announced: {resolve} --another.{which} If it is "
        f"not yours: returnsync held release {key}."
    )


def _next_step_of_unreadable(key: str) -> str:
    release = f"If it is not yours: returnsync held release {quote(key)}."
    if key.startswith(HASHED):
        return f"It cannot be read by an id, so it is read again when it is listed again. {release}"
    return (
        "Look it up at the platform. It is tried again by the next run, then hourly, then daily. "
        f"To have it read by the next run: returnsync held retry {quote(key)}. {release}"
    )
