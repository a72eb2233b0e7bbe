"""Digest: what is sent to a program or an address, one message for each source or warehouse that has something new.

Each cause is in one message when it is new, daily while it lasts, and in one when it is over; nothing is sent about one
source or warehouse twice within an hour. What could not be sent is sent by the next run, also where it is over by then.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.news.gaps import is_after_a_gap
from returnsync.engine.news.judging import day_of, met, not_met
from returnsync.engine.news.wrong import everything_wrong, is_outage, would_have_met
from returnsync.engine.summary import Summary
from returnsync.redact import mask
from returnsync.state import told
from returnsync.state.told import Channel, Telling

VERSION = 1
"""Of the messages: raised when a key changes its meaning or goes; a new key raises it not."""

_BETWEEN = timedelta(hours=1)
_SENT = "sent"


@dataclass(frozen=True)
class _Event:
    """One thing in a message, and how it is kept once that was sent, or where it is not."""

    subject: str
    content: dict[str, Any]
    if_sent: Telling
    if_not: Telling


def send_digests(ctx: Context, summary: Summary, channel: Channel, send: Callable[[dict[str, Any]], bool]) -> None:
    """Send what is new by `send`, which gives whether a message was taken, and keep what was sent."""
    now = clock.now()
    with ctx.db.reading() as q:
        known = told.tellings(q, channel)
        gap = is_after_a_gap(ctx, q, now)
    quiet, events = _events(ctx, summary, known, now, after_a_gap=gap)
    # Before anything is sent: a run that is broken off meanwhile has told nothing, and owes it.
    _keep(ctx, channel, [*quiet, *(event.if_not for event in events)])
    by_subject: dict[str, list[_Event]] = defaultdict(list)
    for event in events:
        by_subject[event.subject].append(event)
    for subject, together in by_subject.items():
        last = known.get(f"{_SENT}/{subject}", Telling(f"{_SENT}/{subject}"))
        is_too_soon = last.told_at is not None and timedelta(0) <= now - last.told_at < _BETWEEN
        if not is_too_soon and send(_message(ctx, subject, together, now)):
            sent = replace(last, since=now, told_at=now, day=day_of(now))
            _keep(ctx, channel, [*(event.if_sent for event in together), sent])
    with ctx.db.transaction() as q:
        told.forget_what_is_over(q, channel, day_of(now))


def _keep(ctx: Context, channel: Channel, tellings: Iterable[Telling]) -> None:
    with ctx.db.transaction() as q:
        for telling in tellings:
            told.save(q, channel, telling)


def _message(ctx: Context, subject: str, events: Iterable[_Event], now: datetime) -> dict[str, Any]:
    contents = [event.content for event in events]
    lines = [content["text"] for content in contents]
    return {
        "version": VERSION,
        "run": ctx.run_id,
        "at": clock.stamp(now),
        "subject": subject,
        "text": "\n".join(lines),
        "events": contents,
    }


def _events(
    ctx: Context, summary: Summary, known: dict[str, Telling], now: datetime, *, after_a_gap: bool
) -> tuple[list[Telling], list[_Event]]:
    """What there is to send, and how all else is kept."""
    there = {**_held(ctx), **{key: wrong.in_message for key, wrong in everything_wrong(ctx, summary).items()}}
    quiet: list[Telling] = []
    events: list[_Event] = []
    for key, text in there.items():
        before = known.get(key, Telling(key))
        after, is_told = met(before, now, is_outage=is_outage(key), is_told_daily=True, after_a_gap=after_a_gap)
        if is_told:
            state = "new" if before.told_at is None else "lasts"
            if_sent = replace(after, words=mask(text))
            if_not = replace(if_sent, told_at=before.told_at, times=after.times - 1)
            events.append(_Event(_subject(key), _content(key, state, after.since or now, text), if_sent, if_not))
        else:
            quiet.append(after)
    for key, before in known.items():
        is_counted = key.startswith(f"{_SENT}/")
        if before.since is None or key in there or is_counted or not would_have_met(ctx, key):
            continue
        after, is_over = not_met(before)
        if is_over and (before.told_at is not None or before.words):
            # What was never told, since it could not be sent, is said to have been.
            what = (_in_words(key) if before.told_at is not None else "") or before.words or "what was told before."
            content = _content(key, "over", before.since, f"Over: {what}")
            events.append(_Event(_subject(key), content, replace(after, words=""), before))
        else:
            quiet.append(after)
    return quiet, events


def _held(ctx: Context) -> dict[str, str]:
    """What is held, by source and cause, in words."""
    names = {source.id: source.name for source in ctx.sources.values()}
    with ctx.db.reading() as q:
        counts = told.count_held(q)
    return {
        f"held/{names.get(source, source)}/{cause}": f"{names.get(source, source)}: {number} held ({cause}). "
        f"See: returnsync held --cause {cause}"
        for (source, cause), number in counts.items()
    }


def _subject(key: str) -> str:
    """The source or the warehouse that a key is about; empty where it is about the run."""
    kind, _, rest = key.partition("/")
    return "" if kind in ("other", "stopped", "warned") else rest.partition("/")[0]


def _content(key: str, state: str, since: datetime, text: str) -> dict[str, Any]:
    kind, _, rest = key.partition("/")
    cause = rest.partition("/")[2] if kind == "held" else ""
    return {"kind": kind, "state": state, "cause": cause, "since": clock.stamp(since), "text": mask(text)}


def _in_words(key: str) -> str:
    """That something is over, in a sentence; empty where nothing but what it was says that."""
    kind, _, rest = key.partition("/")
    account, _, cause = rest.partition("/")
    words = {
        "held": f"{account}: nothing is held any more for {cause}.",
        "out": f"{account} can be used again.",
        "labels": f"{account}: labels are made again.",
        "clock": f"the clock of {account} agrees with that of this machine again.",
        "stopped": "runs come to their end again.",
        "refused": f"{account} is no longer refused.",
        "guard": f"{account} is no longer refused by the guard.",
        "start": f"{account} has begun, or begins on another day.",
        "only": f"what `only` of {account} names is known now, or was changed."
        if cause
        else f"`only` is no longer set for {account}.",
    }
    return words.get(kind, "")
