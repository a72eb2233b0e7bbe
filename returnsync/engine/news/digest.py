"""Digest: messages to a program or an address, one for each source or warehouse that has something new.

Each cause is in a message when it is new, then daily while it lasts, and once when it is over. No two messages about
one source or warehouse are sent within an hour. A message that could not be sent is sent by the next run, even if the
cause is over by then.
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
"""The version of the messages: raised when a key is removed or changes its meaning, but not for a new key."""

_BETWEEN = timedelta(hours=1)
_SENT = "sent"


@dataclass(frozen=True)
class _Event:
    """One thing in a message, and what is saved if it was sent, or if it was not."""

    subject: str
    content: dict[str, Any]
    if_sent: Telling
    if_not: Telling


def send_digests(ctx: Context, summary: Summary, channel: Channel, send: Callable[[dict[str, Any]], bool]) -> None:
    """Send what is new by `send`, which returns whether a message was accepted, and save what was sent."""
    now = clock.now()
    with ctx.db.reading() as q:
        known = told.tellings(q, channel)
        gap = is_after_a_gap(ctx, q, now)
    quiet, events = _events(ctx, summary, known, now, after_a_gap=gap)
    # Saved before anything is sent: if the run is broken off meanwhile, nothing counts as sent.
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
    """The events to send, and what to save for everything else."""
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
            # If its message could not be sent, the text kept from then is used.
            what = (_in_words(key) if before.told_at is not None else "") or before.words or "what was reported before."
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
    """The source or the warehouse of a key; empty where it is about the run."""
    kind, _, rest = key.partition("/")
    return "" if kind in ("other", "stopped", "warned") else rest.partition("/")[0]


def _content(key: str, state: str, since: datetime, text: str) -> dict[str, Any]:
    kind, _, rest = key.partition("/")
    cause = rest.partition("/")[2] if kind == "held" else ""
    return {"kind": kind, "state": state, "cause": cause, "since": clock.stamp(since), "text": mask(text)}


def _in_words(key: str) -> str:
    """A sentence that says that something is over; empty where there is none for its kind."""
    kind, _, rest = key.partition("/")
    account, _, cause = rest.partition("/")
    words = {
        "held": f"{account}: nothing is held any more for {cause}.",
        "out": f"{account} can be used again.",
        "labels": f"{account}: labels are made again.",
        "clock": f"the clock of {account} agrees with that of this machine again.",
        "stopped": "runs finish again.",
        "refused": f"{account} is no longer refused.",
        "guard": f"{account} is no longer refused by the guard.",
        "start": f"{account} has begun, or begins on another day.",
        "only": f"what `only` of {account} names is known now, or was changed."
        if cause
        else f"`only` is no longer set for {account}.",
    }
    return words.get(kind, "")
