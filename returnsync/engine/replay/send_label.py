"""Sending the label of an order to its consumer now, however old it is, because a person asks: `labels send`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from shlex import quote

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.finish import finish, noted
from returnsync.engine.hand_over import (
    ask_for_hand_over,
    hand_over_each,
    know_methods,
    methods_for,
    newest_label,
    why_of_nobody,
)
from returnsync.engine.known_sources import know_sources
from returnsync.engine.lifecycle import Event, is_possible, move
from returnsync.engine.replay.kept_back import refusal
from returnsync.engine.summary import Summary, worst
from returnsync.engine.tell import named, named_exactly
from returnsync.errors import ExitCode, NotThereError
from returnsync.model import Announcement, Cause, Code, Progress
from returnsync.state import announcements, ledger
from returnsync.state.database import Queries
from returnsync.state.hand_overs import Ended, Method
from returnsync.state.history import ByPerson


@dataclass(frozen=True)
class ToSend:
    """A label that a person named, with what the person must know before it is sent."""

    item: Announcement
    methods: tuple[Method, ...]
    """How it is sent: methods that have sent it already are left out, unless all of them have."""
    sent_at: datetime | None
    """When it was last handed over; `None` where it never was."""
    generation: int
    """Which of its labels it is."""
    is_tested: bool
    """Whether it was mailed to `test_to` already: each label is mailed there once."""


@dataclass(frozen=True)
class Sent:
    """The result for each announcement, and the summary of the command."""

    found: tuple[tuple[Announcement, tuple[Method, ...]], ...]
    """The announcements as they are now, each with the methods by which its label was sent."""
    summary: Summary


def labels_to_send(ctx: Context, wanted: str) -> list[ToSend]:
    """The newest labels of what a name matches, if each may be sent. Nothing is changed.

    Raises:
        NotThereError: nothing matches that name, it has no label, or something else must be dealt with first; or its
            source has no way to send it, or there is no consumer to send it to.
        KeptBackError: `only` of its source names other orders.
    """
    with ctx.db.reading() as q:
        found = set(named.find(ctx, q, wanted, by_label=False))
        if not found:
            what = f"Nothing is known by the name {wanted!r}. Nothing was sent."
            raise NotThereError(what, "To list what is known: returnsync returns")
        items = [item for key in sorted(found) for item in announcements.of_return(q, *key)]
        exact = named_exactly(ctx, q, found, wanted)
        items = [item for item in items if not exact or item.code in exact]
        labelled = [item for item in items if ledger.labels(q, item.warehouse, item.code)]
        if not labelled:
            raise NotThereError(
                f"{wanted!r} has no label. Nothing was sent.", f"See why: returnsync show {quote(wanted)}"
            )
        return [_checked(ctx, q, item) for item in labelled]


def send_labels(ctx: Context, wanted: str, confirmed: Sequence[ToSend] | None = None) -> Sent:
    """Send them. One that cannot be sent now waits, like one that is handed over by itself.

    Raises:
        NotThereError, KeptBackError: as `labels_to_send`; or these are no longer the ones that a person `confirmed`.
    """
    started = clock.now()
    chosen = labels_to_send(ctx, wanted)
    if confirmed is not None and list(map(_agreed, chosen)) != list(map(_agreed, confirmed)):
        raise NotThereError("It changed meanwhile. Nothing was sent.", "Run the command again.")
    with noted(ctx, "labels send", started):
        know_sources(ctx)
        know_methods(ctx, started)
        codes = [one.item.code for one in chosen]
        with ctx.db.transaction() as q:
            for one in chosen:
                _let_go(ctx, q, one.item.code)
        hand_over_each(ctx, codes)
        with ctx.db.reading() as q:
            found = [item for code in codes if (item := announcements.get(q, code)) is not None]
            went = tuple((item, _went(ctx, q, item)) for item in found)
        summary = finish(ctx, started, about=found)
    if any(item.progress is Progress.WAITING and item.cause is not Cause.MAIL_TESTED for item in found):
        # What was asked for is not done yet.
        summary = replace(summary, exit_code=worst({summary.exit_code, ExitCode.TEMPORARY}))
    return Sent(went, summary)


def _agreed(one: ToSend) -> tuple[object, ...]:
    """What a person confirms."""
    return one.item.code, one.generation, one.methods, one.sent_at


def _let_go(ctx: Context, q: Queries, code: Code) -> None:
    """Save the request before anything is sent: if this process is killed, the next run sends it.

    A dry run saves it in its copy of the state.
    """
    item = announcements.get(q, code)
    if item is None or not is_possible(item, Event.HAND_OVER_ASKED_FOR):
        return  # it went on meanwhile
    ask_for_hand_over(ctx, q, ctx.sources[item.source], item)
    announcements.save(q, move(item, Event.HAND_OVER_ASKED_FOR))
    ctx.story.tell(q, item.source, item.return_id, ByPerson.TO_SEND, item.code)


def _went(ctx: Context, q: Queries, item: Announcement) -> tuple[Method, ...]:
    """The methods by which its label was sent, before the request or since, as far as that counts."""
    label = newest_label(q, item)
    names = methods_for(ctx, ctx.sources[item.source], at_a_word=True)
    return tuple(method for method in map(Method, names) if label is not None and label.is_done(method))


def _checked(ctx: Context, q: Queries, item: Announcement) -> ToSend:
    """Check one label that may be sent. Raises as `labels_to_send`."""
    source = ctx.sources.get(item.source)
    if source is None:
        raise NotThereError(
            f"{item.code} is of a source that is not configured any more: {item.source}. Its label was not sent.",
            f"Put [sources.{item.source}] back into the configuration.",
        )
    if not is_possible(item, Event.HAND_OVER_ASKED_FOR) or item.unread_since is not None:
        raise NotThereError(
            f"{item.code} is {item.progress.value} ({item.cause or 'nothing to do'}): {item.what} Its label was not "
            "sent.",
            item.next_step or f"Settle that first; see: returnsync show {quote(item.code)}",
        )
    if not source.may_deliver(item.order_number):
        raise refusal(ctx, item)
    if why := why_of_nobody(q, item):
        raise NotThereError(
            f"The label of {item.code} was not sent. {why}",
            f"To send it yourself: returnsync labels copy {quote(item.code)} TO",
        )
    methods = [Method(name) for name in methods_for(ctx, source, at_a_word=True)]
    label = newest_label(q, item)
    if not methods or label is None:
        raise NotThereError(
            f"{source.name} has no way to hand a label over to a consumer. Nothing was sent.",
            "Write a table [mail]: see docs/how-to/hand-over.md.",
        )
    left = [method for method in methods if not label.is_done(method)] or methods
    done = [one.outcome_at for one in label.every if one.outcome is Ended.DONE and one.method is not Method.TEST]
    tested = any(one.outcome is not Ended.NOT_DONE for one in label.of(Method.TEST))
    return ToSend(item, tuple(left), max(filter(None, done), default=None), label.key.generation, tested)
