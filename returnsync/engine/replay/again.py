"""What a replay does: fetch, plan and deliver what a person names."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from returnsync import clock, typed
from returnsync.engine.context import Context
from returnsync.engine.deliver import attempt, recover
from returnsync.engine.finish import finish, noted
from returnsync.engine.guarding import unusual_numbers
from returnsync.engine.hand_over import hand_over_each, know_methods
from returnsync.engine.known_sources import know_sources
from returnsync.engine.lifecycle import retried
from returnsync.engine.moments import put_marks_back
from returnsync.engine.plan import lacks_parts, returns_lacking_parts, save_changes
from returnsync.engine.probing import load_breakers
from returnsync.engine.replay.fetching import fetch
from returnsync.engine.replay.kept_back import leave_kept_back
from returnsync.engine.replay.new_label import make_new_label
from returnsync.engine.summary import Summary
from returnsync.engine.tell import named
from returnsync.errors import NotAskedError, NotThereError
from returnsync.model import Announcement, Code, Progress, Return, ReturnId, SourceId, Step
from returnsync.state import announcements, returns, set_aside
from returnsync.state.history import ByPerson

logger = logging.getLogger("returnsync.replay")

# A person may want these looked at again; what needs nothing more is left as it is.
_MAY_GO_ON = frozenset({Progress.WAITING, Progress.HELD, Progress.DUE})
_SEVERAL = 2


Choose = Callable[[str, Sequence[str]], str]
"""Chooses one of several sources in which a name was found."""


@dataclass(frozen=True)
class Replayed:
    """What was found and done: the announcements as they are now, and the summary."""

    found: tuple[Announcement, ...]
    summary: Summary
    returns: tuple[tuple[SourceId, ReturnId], ...] = ()
    """The returns that are meant, and the records of those that cannot be read."""


@dataclass(frozen=True)
class _Meant:
    """What one name means."""

    returns: Sequence[tuple[SourceId, ReturnId]]
    codes: Sequence[Code]


def replay(
    ctx: Context,
    names: Sequence[str],
    choose: Choose,
    *,
    new_label: bool = False,
    update: bool = False,
    past_guard: bool = False,
) -> Replayed:
    """Fetch, plan and deliver everything that is named: by order number, return number, id, code, tracking number.

    With `new_label` one more label is made for an announced return; the caller has asked the person first. With
    `update` a change since the announcement is sent, whatever `send_updates` says. Of several names, each that matches
    nothing is reported, and so is each that `only` of its source does not name. The others are done, as far as the
    guard allows their number.

    Raises:
        NotThereError: the only name given matches nothing, or matches several things and a label was asked for; or what
            `choose` raises.
        RunError: labels or state cannot be written.
    """
    started = clock.now()
    with noted(ctx, "replay", started):
        know_sources(ctx)
        know_methods(ctx, started)
        load_breakers(ctx)
        put_marks_back(ctx)
        recover(ctx, ctx.db)
        meant = list(_each_meant(ctx, names, choose, new_label=new_label))
        codes = list(dict.fromkeys(code for one in meant for code in one.codes))
        if new_label:
            for code in codes:
                make_new_label(ctx, code)
        else:
            _deliver(ctx, leave_kept_back(ctx, codes), update=update, past_guard=past_guard)
        by_name = {source.name: source.id for source in ctx.chosen}
        hand_over_each(ctx, codes, [by_name[name] for name in ctx.tally.refused], even_held=True)
        with ctx.db.reading() as q:
            found = tuple(item for code in codes if (item := announcements.get(q, code)) is not None)
        shown = tuple(dict.fromkeys(key for one in meant for key in one.returns))
        return Replayed(found, finish(ctx, started, about=found, aside=_count_aside(ctx, shown)), shown)


def _each_meant(ctx: Context, names: Sequence[str], choose: Choose, *, new_label: bool) -> Iterator[_Meant]:
    """What each name means, fetched and planned."""
    for name in names:
        if ctx.stop.is_set():
            return
        try:
            yield _meant(ctx, name, choose, new_label=new_label, is_one_of_several=len(names) > 1)
        except NotThereError as error:
            if len(names) == 1:
                raise
            ctx.tally.trouble(error)  # the others are done all the same


def _meant(ctx: Context, name: str, choose: Choose, *, new_label: bool, is_one_of_several: bool) -> _Meant:
    touched = fetch(ctx, name, by_label=not new_label)
    _plan_again(ctx, touched)
    source, codes = _of_one_source(ctx, name, _codes(ctx, touched, name), choose)
    with ctx.db.reading() as q:
        known = named.find(ctx, q, name, by_label=not new_label)
    chosen = {source} if source else {one.id for one in ctx.chosen} if ctx.only else None
    meant = [key for key in dict.fromkeys([*touched, *known]) if chosen is None or key[0] in chosen]
    is_aside = _count_aside(ctx, meant) > 0
    if new_label:
        _refuse_for_new_label(name, codes, is_aside=is_aside)
    if not codes and not is_aside:
        _refuse_unless_troubled(ctx, name, meant, is_one_of_several=is_one_of_several)
    return _Meant(meant, codes)


def _of_one_source(
    ctx: Context, name: str, items: Sequence[Announcement], choose: Choose
) -> tuple[SourceId | None, list[Code]]:
    """The codes of one source; if several sources match the name, of the chosen one."""
    names = {ctx.sources[item.source].name: item.source for item in items if item.source in ctx.sources}
    if len(names) < _SEVERAL:
        return None, [item.code for item in items]
    source = names[choose(name, sorted(names))]
    return source, [item.code for item in items if item.source == source]


def _deliver(ctx: Context, codes: Sequence[Code], *, update: bool, past_guard: bool) -> None:
    # A person's list does not count for what is usual, or for whether the source was hindered.
    is_list = len(codes) > 1 and not past_guard
    refused = unusual_numbers(ctx, _new_announcements(ctx, codes)) if is_list else {}
    ctx.tally.refused |= {ctx.sources[source].name: why for source, why in refused.items()}
    for code in codes:
        if ctx.stop.is_set():
            break
        # A dry run shows also what would be refused, so that a person can see whether it is right.
        _deliver_again(ctx, code, () if ctx.dry_run else refused, update=update)


def _new_announcements(ctx: Context, codes: Sequence[Code]) -> Counter[SourceId]:
    """How many of these would be announced now without having passed the guard before, by source."""
    with ctx.db.reading() as q:
        items = [item for code in codes if (item := announcements.get(q, code)) is not None]
    return Counter(item.source for item in items if item.source in ctx.sources and _is_new(item))


def _is_new(item: Announcement) -> bool:
    """Whether it may be announced now; what has waited since a try passed the guard at that try."""
    may_go_on = item.announced_at is None and item.step is Step.ANNOUNCE and item.progress in _MAY_GO_ON
    return may_go_on and (item.progress is Progress.HELD or item.waiting_since is None)


def _count_aside(ctx: Context, meant: Sequence[tuple[SourceId, ReturnId]]) -> int:
    """How many of the records that are meant are set aside, since they cannot be read or identified."""
    with ctx.db.reading() as q:
        records = {
            (key[0], record["record"])
            for key in meant
            for record in set_aside.of_return(q, *key)
            if not record["released"]
        }
    return len(records)


def _plan_again(ctx: Context, touched: Sequence[tuple[SourceId, ReturnId]]) -> None:
    """Evaluate returns again, even unchanged ones: settings may have changed since they were left alone."""
    with ctx.db.transaction() as q:
        for source_id, return_id in touched:
            # What vanished stays so until its platform shows it again.
            known = announcements.of_return(q, source_id, return_id)
            if not any(_waits_for_platform(item) or item.unread_since is not None for item in known):
                returns.plan_again(q, source_id, return_id)
    for source in ctx.chosen:
        if ctx.accounts.known.refusal_of(source) is None:
            save_changes(ctx, source)


def _waits_for_platform(item: Announcement) -> bool:
    """Whether it is held before its announcement, and only its platform can let it go on: gone, or unknown status."""
    return item.announced_at is None and item.progress is Progress.HELD and item.step is Step.NONE


def _refuse_for_new_label(wanted: str, codes: Sequence[Code], *, is_aside: bool) -> None:
    """Raise `NotThereError` where a name does not mean exactly the one announcement that a new label is for."""
    if not codes and is_aside:
        raise NotThereError(
            f"What was found by {wanted!r} cannot be read, and nothing of it is announced. No label was made.",
            f"See what is wrong: returnsync show {quote(wanted)}",
        )
    if len(codes) > 1:
        raise NotThereError(
            f"{wanted!r} means {len(codes)} announcements, and every label is billed. No label was made.",
            f"Name one by its code: {', '.join(codes)}.",
        )


def _refuse_unless_troubled(
    ctx: Context, wanted: str, known: Sequence[tuple[SourceId, ReturnId]], *, is_one_of_several: bool
) -> None:
    """Raise `NotThereError` where nothing matches a name, with the reason.

    If not every source could be asked, that was reported already; of several names, the one concerned is reported.
    """
    if released := _released_record(ctx, wanted):
        raise NotThereError(
            f"What was found by {wanted!r} is a record that was set aside, and a person released it: nothing is done "
            "for it.",
            f"To have it looked at again: returnsync held take-back {quote(released)}",
        )
    gone = sorted({source for source, _ in known if source not in ctx.sources})
    if gone:
        raise NotThereError(
            f"{wanted!r} belongs to a source that is not configured: {', '.join(gone)}. Nothing was done for it.",
            f"Put [sources.{gone[0]}] back into the configuration. Its story: returnsync show {quote(wanted)}",
        )
    if all(isinstance(trouble, NotThereError) for trouble in ctx.tally.troubles):
        raise NotThereError(
            f"No return was found by {wanted!r}, neither in the state file nor at the platforms: it was looked for as "
            "an order number, a return number, an id, a code and a tracking number. These sources were asked: "
            f"{', '.join(sorted(source.name for source in ctx.chosen))}.",
            "Look the return up at its platform, and write the number as it is shown there.",
        )
    if is_one_of_several:
        raise NotAskedError(
            f"{wanted!r} was not found, and not everything could be asked in this command. Nothing was done for it.",
            "Name it again once the problem that is reported here is over.",
        )


def _released_record(ctx: Context, wanted: str) -> str:
    """The key of a released record that the name matches; empty where there is none."""
    with ctx.db.reading() as q:
        for source_id, key in named.find(ctx, q, wanted):
            for record in set_aside.of_return(q, source_id, key):
                if record["released"]:
                    return str(record["record"])
    return ""


def _codes(ctx: Context, touched: Sequence[tuple[SourceId, ReturnId]], wanted: str) -> list[Announcement]:
    """The announcements that are meant: of one order or code if that was named, else of the whole return."""
    with ctx.db.reading() as q:
        found: list[tuple[Announcement, Return | None]] = []
        for source, return_id in touched:
            ret = returns.get(q, source, return_id)
            found += [(item, ret) for item in announcements.of_return(q, source, return_id)]
        exact = typed.meant(wanted, [(item, named.names_of(ctx, q, item, ret)) for item, ret in found])
    return exact or [item for item, _ in found]


def _deliver_again(ctx: Context, code: Code, refused: Collection[SourceId], *, update: bool) -> None:
    with ctx.db.reading() as q:
        announcement = announcements.get(q, code)
        if announcement is not None and announcement.source in refused:
            return
        if announcement is not None and lacks_parts(q, announcement, returns_lacking_parts(q, announcement.source)):
            text = f"{code} waits until all of its return can be read and told from others; see: returnsync held."
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
        if update and announcement.step is Step.UPDATE:
            # The request is saved, and the update is due: if this process is killed, the next run sends the change.
            announcements.save(q, retried(announcement) or announcement)
            ctx.story.tell(q, announcement.source, announcement.return_id, ByPerson.CHANGE_TO_SEND, code)
    attempt(ctx, ctx.db, code, ignoring_pauses=True)
