"""Choosing: which of the held or released entries a person means, by names, by a cause, or all of them."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from returnsync import typed
from returnsync.engine.context import Context
from returnsync.engine.tell import named
from returnsync.engine.tell.entries import Entry
from returnsync.errors import NotThereError
from returnsync.model import Cause, ReturnId, SourceId
from returnsync.state import announcements, returns, set_aside
from returnsync.state.database import Queries

_NOTHING_CHANGED = "Nothing was changed."


@dataclass(frozen=True)
class Wanted:
    """What a person gives: names, or a cause, or everything; limited to some sources if any are given."""

    names: tuple[str, ...] = ()
    cause: Cause | None = None
    everything: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """The entries that are meant."""

    entries: tuple[Entry, ...]
    several: tuple[tuple[str, int], ...] = ()
    """Names that mean more than one entry, each with the number."""

    def causes(self) -> list[tuple[str, int]]:
        """Each cause with its number of entries, the most frequent first."""
        return Counter(entry.cause for entry in self.entries).most_common()


def cause_called(word: str) -> Cause:
    """The cause of that name.

    Raises:
        NotThereError: there is none.
    """
    wanted = typed.plain(word).casefold()
    known = [cause.value for cause in Cause]
    if wanted in known:
        return Cause(wanted)
    near = difflib.get_close_matches(wanted, known, cutoff=0.5)
    which = f"The nearest are: {', '.join(near)}." if near else "To see the causes of what is held: returnsync held."
    raise NotThereError(f"There is no cause {word!r}. {_NOTHING_CHANGED}", which)


def choose(ctx: Context, entries: Sequence[Entry], wanted: Wanted, what: str) -> Chosen:
    """The entries that are meant. `what` they all are, as a word for messages: held, or released.

    Raises:
        NotThereError: a source is not known; a name matches none of these, or could mean several things.
    """
    refuse_unknown_sources(
        {*ctx.config.settings.sources, *(entry.shown["source"] for entry in entries)}, wanted.sources, _NOTHING_CHANGED
    )
    entries = [entry for entry in entries if not wanted.sources or entry.shown["source"] in wanted.sources]
    if wanted.everything or wanted.cause is not None:
        return Chosen(tuple(entry for entry in entries if wanted.everything or entry.cause == wanted.cause))
    with ctx.db.reading() as q:
        meant = {name: _meant(ctx, q, entries, name) for name in dict.fromkeys(wanted.names)}
        missing = [f"{name!r} is {_instead(ctx, q, name)}" for name, found in meant.items() if not found]
    if missing:
        raise NotThereError(
            f"Not {what}: {'; '.join(missing)}. {_NOTHING_CHANGED}",
            "To list what is held: returnsync held. For the story of one return: returnsync show ORDER",
        )
    for name, found in meant.items():
        _refuse_several_sources(name, found)
    chosen = dict.fromkeys(entry for found in meant.values() for entry in found)
    return Chosen(tuple(chosen), tuple((name, len(found)) for name, found in meant.items() if len(found) > 1))


def refuse_unknown_sources(known: Iterable[str], names: Iterable[str], more: str = "") -> None:
    """Refuse named sources that are not known; `more` is added to the message.

    Raises:
        NotThereError: one is not known.
    """
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise NotThereError(
            f"There is no source {', '.join(unknown)}. {more}".strip(), f"There are: {', '.join(sorted(known))}."
        )


def _meant(ctx: Context, q: Queries, entries: Sequence[Entry], name: str) -> list[Entry]:
    """The entries that a name means: the one with that code, else those of one order, else those of one return.

    Raises:
        NotThereError: it is an order number of one return, and another name of another return.
    """
    by_code = typed.meant(name, [(entry, [entry.code, str(entry.shown["code"])]) for entry in entries])
    found = set(named.find(ctx, q, name))
    of_returns = [entry for entry in entries if (entry.source, entry.return_id) in found]
    if by_code:
        # Two sources may have the same key; only a person can say which one is meant.
        return [*by_code, *(entry for entry in of_returns if entry.source not in {one.source for one in by_code})]
    records = typed.meant(name, [(entry, entry.goes_by) for entry in entries if entry.item is None])
    of_order = [*typed.meant(name, [(one, _names(ctx, q, one)) for one in of_returns if one.item]), *records]
    if not of_order and (exact := named_exactly(ctx, q, found, name)):
        # It is the name of other announcements of these returns, so no other entry is meant.
        of_returns = [entry for entry in of_returns if entry.code in exact]
    others = [
        entry
        for entry in of_returns
        if of_order and (entry.source, entry.return_id) not in {(one.source, one.return_id) for one in of_order}
    ]
    if others:
        codes = ", ".join(str(entry.shown["code"]) for entry in (*of_order, *others))
        raise NotThereError(
            f"{name!r} is the order number of one return, and another return has the same name. {_NOTHING_CHANGED}",
            f"Name them by their codes: {codes}.",
        )
    return of_order or of_returns


def named_exactly(ctx: Context, q: Queries, found: Iterable[tuple[SourceId, ReturnId]], name: str) -> set[str]:
    """The codes of those announcements of some returns that the name itself matches."""
    items = [(item, returns.get(q, *key)) for key in found for item in announcements.of_return(q, *key)]
    return {item.code for item in typed.meant(name, [(item, named.names_of(ctx, q, item, ret)) for item, ret in items])}


def _names(ctx: Context, q: Queries, entry: Entry) -> Iterable[str]:
    if entry.item is None:
        return ()
    return named.names_of(ctx, q, entry.item, returns.get(q, entry.source, entry.return_id))


def _refuse_several_sources(name: str, found: Iterable[Entry]) -> None:
    sources = sorted({entry.shown["source"] for entry in found})
    if len(sources) > 1:
        raise NotThereError(
            f"{name!r} is known at several sources: {', '.join(sources)}. {_NOTHING_CHANGED}",
            "Name the one that is meant: --source NAME.",
        )


def _instead(ctx: Context, q: Queries, name: str) -> str:
    """What a name means that matches none of the entries, in words."""
    found = named.find(ctx, q, name)
    items = [item for key in found for item in announcements.of_return(q, *key)]
    exact = named_exactly(ctx, q, found, name)
    words = {item.progress.replace("_", " ") for item in items if not exact or item.code in exact}
    words |= _records_called(q, name)
    if words:
        return " and ".join(sorted(words))
    return "known, but nothing of it is to be announced" if found else "not known"


def _records_called(q: Queries, name: str) -> set[str]:
    """The words for records with that key: held, released."""
    kinds: dict[str, Callable[[Queries], Iterable[dict[str, str]]]] = {
        "held": set_aside.every,
        "released": set_aside.released,
    }
    return {word for word, each in kinds.items() if typed.meant(name, [(1, [record["record"]]) for record in each(q)])}
