"""What a replay does: fetch, plan and deliver what a person names."""

import logging
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from returnsync import clock, typed
from returnsync.engine.ask import named
from returnsync.engine.context import Context
from returnsync.engine.deliver import attempt, recover
from returnsync.engine.finish import finish, noted
from returnsync.engine.known_sources import know_sources
from returnsync.engine.moments import put_marks_back
from returnsync.engine.plan import lacks_parts, returns_lacking_parts, save_changes
from returnsync.engine.probing import load_breakers
from returnsync.engine.replay.fetching import fetch
from returnsync.engine.replay.new_label import make_new_label
from returnsync.engine.summary import Summary
from returnsync.errors import NotThereError
from returnsync.model import Announcement, Code, Progress, Return, ReturnId, SourceId, Step
from returnsync.state import announcements, returns, set_aside

logger = logging.getLogger("returnsync.replay")

# What a person may want looked at once more; what needs nothing more is left as it is.
_MAY_GO_ON = frozenset({Progress.WAITING, Progress.HELD, Progress.DUE})


@dataclass(frozen=True)
class Replayed:
    """What was found and done: the announcements as they are now, and the summary."""

    found: tuple[Announcement, ...]
    summary: Summary
    touched: tuple[tuple[SourceId, ReturnId], ...] = ()
    """The returns that were read, and the records of those that cannot be."""


def replay(ctx: Context, wanted: str, *, new_label: bool = False) -> Replayed:
    """Fetch, plan and deliver everything that `wanted` names: order number, return number, return id or code.

    With `new_label` one more label is made for what is announced already; the caller has asked first.

    Raises:
        NotThereError: nothing goes by that name, at any source; or several do, and a label was asked for.
        RunError: labels or state cannot be written.
    """
    started = clock.now()
    with noted(ctx, "replay", started):
        return _replay(ctx, wanted, started, new_label=new_label)


def _replay(ctx: Context, wanted: str, started: datetime, *, new_label: bool) -> Replayed:
    know_sources(ctx)
    load_breakers(ctx)
    put_marks_back(ctx)
    recover(ctx, ctx.db)
    touched = fetch(ctx, wanted)
    _plan_again(ctx, touched)
    codes = _codes(ctx, touched, wanted)
    aside = _count_aside(ctx, wanted, touched)
    _refuse_what_is_not_meant(ctx, wanted, codes, new_label=new_label, is_aside=aside > 0)
    for code in codes:
        if new_label:
            make_new_label(ctx, code)
        else:
            _deliver_again(ctx, code)
    with ctx.db.reading() as q:
        found = tuple(item for code in codes if (item := announcements.get(q, code)) is not None)
    return Replayed(found, finish(ctx, started, about=found, aside=aside), tuple(touched))


def _count_aside(ctx: Context, wanted: str, touched: list[tuple[SourceId, ReturnId]]) -> int:
    """How many of the records that are meant are set aside, since they cannot be read or told apart."""
    with ctx.db.reading() as q:
        meant = dict.fromkeys([*touched, *named.find(ctx, q, wanted)])
        records = {
            (key[0], record["record"])
            for key in meant
            for record in set_aside.of_return(q, *key)
            if not record["released"]
        }
    return len(records)


def _plan_again(ctx: Context, touched: list[tuple[SourceId, ReturnId]]) -> None:
    """Evaluate returns anew, also those that did not change: settings may have, since they were left alone."""
    with ctx.db.transaction() as q:
        for source_id, return_id in touched:
            # What vanished is so only once its platform shows it again.
            known = announcements.of_return(q, source_id, return_id)
            if not any(_waits_for_platform(item) or item.unread_since is not None for item in known):
                returns.plan_again(q, source_id, return_id)
    for source in ctx.chosen:
        if ctx.accounts.known.refusal_of(source) is None:
            save_changes(ctx, source)


def _waits_for_platform(item: Announcement) -> bool:
    """Whether it was held unannounced, and only its platform can let it go on: gone, or of an unknown status."""
    return item.announced_at is None and item.progress is Progress.HELD and item.step is Step.NONE


def _refuse_what_is_not_meant(ctx: Context, wanted: str, codes: list[Code], *, new_label: bool, is_aside: bool) -> None:
    """Raise `NotThereError` where nothing goes by that name, or not the one announcement that a new label is for."""
    if new_label and not codes and is_aside:
        raise NotThereError(
            f"What was found by {wanted!r} cannot be read, and nothing of it is announced. No label was made.",
            f"See what is wrong: returnsync show {quote(wanted)}",
        )
    if not codes and not is_aside and (released := _released_record(ctx, wanted)):
        raise NotThereError(
            f"What was found by {wanted!r} is a record that was set aside, and a person released it: nothing is done "
            "for it.",
            f"To have it looked at again: returnsync held take-back {quote(released)}",
        )
    if not codes and not is_aside and not ctx.tally.troubles:
        raise NotThereError(
            f"No return was found by {wanted!r}, neither in the state file nor at the platforms: it was looked for as "
            "an order number, a return number, an id and a code. Asked were: "
            f"{', '.join(sorted(source.name for source in ctx.chosen))}.",
            "Look the return up at its platform, and write the number as it stands there.",
        )
    if new_label and len(codes) > 1:
        raise NotThereError(
            f"{wanted!r} means {len(codes)} announcements, and every label is billed. No label was made.",
            f"Name one by its code: {', '.join(codes)}.",
        )


def _released_record(ctx: Context, wanted: str) -> str:
    """The key of a record that goes by that name and was released; empty where there is none."""
    with ctx.db.reading() as q:
        for source_id, key in named.find(ctx, q, wanted):
            for record in set_aside.of_return(q, source_id, key):
                if record["released"]:
                    return str(record["record"])
    return ""


def _codes(ctx: Context, touched: list[tuple[SourceId, ReturnId]], wanted: str) -> list[Code]:
    """The announcements that are meant: of one order or code where that was named, else of the whole return."""
    with ctx.db.reading() as q:
        found: list[tuple[Announcement, Return | None]] = []
        for source, return_id in touched:
            ret = returns.get(q, source, return_id)
            found += [(item, ret) for item in announcements.of_return(q, source, return_id)]
        exact = typed.meant(wanted, [(item, named.names_of(ctx, q, item, ret)) for item, ret in found])
    return [item.code for item in exact or [item for item, _ in found]]


def _deliver_again(ctx: Context, code: Code) -> None:
    with ctx.db.reading() as q:
        announcement = announcements.get(q, code)
        if announcement is not None and lacks_parts(q, announcement, returns_lacking_parts(q, announcement.source)):
            text = f"{code} waits until all of its return can be read, and told from others; see: returnsync held."
            ctx.tally.warnings.append(text)
            logger.warning("%s", text)
            return
    if announcement is not None and announcement.unread_since is not None:
        logger.warning("%s was taken back, and its platform could not be read: nothing is done for it yet", code)
        return
    if announcement is None or announcement.progress not in _MAY_GO_ON:
        logger.info("%s needs nothing more: it is %s", code, announcement.progress if announcement else "not known")
        return
    with ctx.db.transaction() as q:
        ctx.numbers.forget(q, ctx.sources[announcement.source], announcement)
    attempt(ctx, ctx.db, code, ignoring_pauses=True)
