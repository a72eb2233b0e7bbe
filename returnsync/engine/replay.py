"""Replay: one order again, by whatever a person calls it. Fetched anew, planned, delivered; pauses are ignored."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from shlex import quote

from returnsync import clock, typed
from returnsync.engine.ask import named
from returnsync.engine.context import Context
from returnsync.engine.deliver import Stopped, attempt, get_label, load, recover
from returnsync.engine.finish import finish, noted
from returnsync.engine.known_sources import know_sources
from returnsync.engine.lifecycle import Event, move
from returnsync.engine.moments import put_marks_back
from returnsync.engine.plan import lacks_parts, returns_lacking_parts, save_changes
from returnsync.engine.probing import load_breakers
from returnsync.engine.pull import found_by_any_key, records_of, save_found
from returnsync.engine.sources import Source
from returnsync.engine.summary import Summary
from returnsync.errors import AccountError, CallError, HoldError, NotThereError, WaitError
from returnsync.model import Announcement, Cause, Code, Progress, Return, ReturnId, SourceId, Step, UnreadableRecord
from returnsync.platforms.interface import Found
from returnsync.platforms.records import HASHED
from returnsync.redact import knowing
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
    touched = _fetch(ctx, wanted)
    _plan_again(ctx, touched)
    codes = _codes(ctx, touched, wanted)
    aside = _count_aside(ctx, wanted, touched)
    _refuse_what_is_not_meant(ctx, wanted, codes, new_label=new_label, is_aside=aside > 0)
    for code in codes:
        if new_label:
            _make_new_label(ctx, code)
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


def _fetch(ctx: Context, wanted: str) -> list[tuple[SourceId, ReturnId]]:
    """Read anew what the state knows by that name, and what the sources know by it; a code is known to the state alone.

    The state is asked first, since only it can tell which source a return belongs to.
    """
    with ctx.db.reading() as q:
        # What has no id of its own cannot be asked for.
        known = [(source, ret) for source, ret in named.find(ctx, q, wanted) if source in ctx.sources]
        known = [(source, ret) for source, ret in known if not ret.startswith(HASHED)]
        is_code = any(announcements.get(q, written) is not None for written in typed.spellings(wanted))
    with ctx.db.transaction() as q:
        for source_id, return_id in known:
            if ctx.sources[source_id].settings.label_setting:
                # An earlier version may not have asked whether it has a shipment.
                returns.read_soon(q, source_id, return_id)
    touched: dict[tuple[SourceId, ReturnId], None] = {}
    for source in ctx.chosen if not is_code else ():
        touched |= dict.fromkeys(_save_each(ctx, source, partial(_search, ctx, source, wanted), is_single=False))
    for source_id, return_id in known:
        if (source_id, return_id) not in touched:
            source = ctx.sources[source_id]
            touched |= dict.fromkeys(_save_each(ctx, source, partial(_read_known, ctx, source, return_id)))
            touched[source_id, return_id] = None
    return list(touched)


_Read = Iterator[tuple[ReturnId, Found]]


def _search(ctx: Context, source: Source, wanted: str) -> _Read:
    platform, found = ctx.accounts.platform(source), list[Return | UnreadableRecord]()
    asked = dict.fromkeys(filter(None, (typed.cleaned(wanted), typed.plain(wanted))))
    for written in asked:
        found = found or list(platform.find(written))
    # Of a return in parts all are needed: found by the id of one, the others go by the number of the return.
    whole = dict.fromkeys(item.number for item in found if isinstance(item, Return) and item.group)
    for number in whole:
        if number not in asked:
            found += platform.find(number)
    yield from {(item.id if isinstance(item, Return) else ReturnId(item.key)): item for item in found}.items()


def _read_known(ctx: Context, source: Source, return_id: ReturnId) -> _Read:
    with ctx.db.reading() as q:
        records = records_of(q, source.id, return_id)
    for record, found in found_by_any_key(ctx.accounts.platform(source).each(records), source, ctx.db):
        if isinstance(found, CallError):
            raise found
        yield record, found


def _save_each(
    ctx: Context, source: Source, read: Callable[[], _Read], *, is_single: bool = True
) -> list[tuple[SourceId, ReturnId]]:
    """Save what was read, found in a list where it is not `is_single`; gives the returns that it belongs to."""
    tally = ctx.tally.source(source.name)
    saved: list[tuple[SourceId, ReturnId]] = []
    try:
        for record, item in read():
            homes = save_found(ctx, source, ctx.accounts.platform(source), record, item, tally, is_single=is_single)
            tally.listed += 1
            saved += [(source.id, home) for home in homes or [record]]
    except (AccountError, CallError) as error:
        tally.error = error.at(source.name).what
        ctx.tally.trouble(error)
    return saved


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


def _make_new_label(ctx: Context, code: Code) -> None:
    """A person's explicit word: one more label, whatever became of earlier ones.

    Raises:
        NotThereError: it is not announced, or held for something that is to be seen to first.
    """
    delivery = load(ctx, ctx.db, code)
    if delivery is None and ctx.tally.troubles:
        return  # its account is another one than before, which is told
    if delivery is None or delivery.announcement.announced_at is None:
        raise NotThereError(f"{code} is not announced, so there is nothing to label.", f"See: returnsync show {code}")
    _refuse_what_is_not_settled(delivery.announcement)
    delivery.announcement = move(delivery.announcement, Event.LABEL_ASKED_FOR)
    delivery.at_a_persons_word = True
    try:
        with knowing(delivery.ret):
            get_label(delivery, new=True)
    except Stopped:
        if delivery.announcement.progress is Progress.WAITING:
            delivery.hold(_not_now(delivery.announcement.what))
    except HoldError as error:
        delivery.hold(error)
    except WaitError as error:
        delivery.hold(_not_now(error.what)) if error.cause is Cause.LABELS_STOPPED else delivery.wait(error)
    except AccountError as error:
        ctx.accounts.give_up_on(delivery.announcement.warehouse, error)


def _refuse_what_is_not_settled(announcement: Announcement) -> None:
    """Raise `NotThereError` where something is to be seen to before a person asks for one more label."""
    code = announcement.code
    if announcement.unread_since is not None:
        raise NotThereError(
            f"The release of {code} was taken back, and its platform could not be read since then: it may have been "
            "cancelled. No label was asked for.",
            "See why its source cannot be read: returnsync check. Once it was read, ask for the label again.",
        )
    if announcement.progress is not Progress.SETTLED and announcement.step is not Step.LABEL:
        raise NotThereError(
            f"{code} is {announcement.progress.value} ({announcement.cause or ''}): {announcement.what} No label was "
            "asked for.",
            announcement.next_step or f"Settle that first; see: returnsync show {code}",
        )


def _not_now(why: str) -> HoldError:
    """Nobody but a person asks for another label, so nobody tries it again by itself."""
    return HoldError(
        Cause.LABEL_REFUSED,
        f"Another label could not be asked for now. {why}",
        "Ask again: returnsync replay <CODE> --new-label. To leave it: returnsync held retry <CODE>.",
    )
