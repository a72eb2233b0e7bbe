"""What is reported of a rehearsal: the only orders that a source delivers, and names that match no known return."""

import logging
from collections.abc import Iterable, Iterator

from returnsync import typed
from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.model import Cause, Code
from returnsync.redact import Masker
from returnsync.state import announcements, returns
from returnsync.state.database import Queries

logger = logging.getLogger("returnsync.run")

ABOUT_REHEARSALS = "Rehearsal: "
"""How a warning begins that a source delivers only some orders."""

_SHOWN = 5


def rehearsal_of(source: Source, *, with_names: bool = True) -> str:
    """A sentence that says that a source delivers only some orders, named or counted; empty where it delivers all."""
    only = source.settings.only
    if only is None:
        return ""
    number = "1 order" if len(only) == 1 else f"{len(only)} orders"
    which = _listed(only) if with_names else number
    return (
        f"{ABOUT_REHEARSALS}{source.name} delivers only {which}, as `only` in {source.policy.table} says. Everything "
        "else of it is read and planned, and waits."
    )


def names_without_return(q: Queries, source: Source, *, with_names: bool = True) -> str:
    """Sentences that say which names of `only` match no known return, and what they may stand for."""
    unknown = _unknown(q, source)
    if not unknown:
        return ""
    if not with_names:
        number = "one order" if len(unknown) == 1 else f"{len(unknown)} orders"
        return f"{ABOUT_REHEARSALS}`only` of {source.name} names {number} of which no return is known."
    meant = [text for name in unknown[:_SHOWN] if (text := _perhaps(q, source, name))]
    names = _listed([repr(name) for name in unknown])
    return " ".join(
        [f"{ABOUT_REHEARSALS}`only` of {source.name} names {names}: no return of that order number is known.", *meant]
    )


def warn_of_rehearsals(ctx: Context) -> None:
    """Warn, in every run, about each source that delivers only some orders."""
    _warn(ctx, map(rehearsal_of, _worked_on(ctx)))


def warn_of_names(ctx: Context) -> None:
    """Warn about the names of `only` that match no return known so far."""
    with ctx.db.reading() as q:
        texts = [names_without_return(q, source) for source in _worked_on(ctx)]
    _warn(ctx, texts)


def _worked_on(ctx: Context) -> list[Source]:
    """The chosen sources without those that are left alone, which are reported elsewhere."""
    return [source for source in ctx.chosen if ctx.accounts.known.refusal_of(source) is None]


def told_of_rehearsals(ctx: Context, q: Queries) -> Iterator[str]:
    """What commands that only read the state print about rehearsals."""
    for source in ctx.sources.values():
        yield from filter(None, (rehearsal_of(source), names_without_return(q, source)))


def count_kept_back(q: Queries, source: Source) -> int:
    """How many announcements of a source wait for `only`."""
    return announcements.count_waiting_for(q, source.id, Cause.NOT_IN_ONLY)


def kept_back_among(ctx: Context, codes: Iterable[Code]) -> list[Code]:
    """Those of some announcements for which nothing is sent, since `only` of their source names other orders."""
    with ctx.db.reading() as q:
        items = [item for code in codes if (item := announcements.get(q, code)) is not None]
    return [
        item.code
        for item in items
        if item.source in ctx.sources and not ctx.sources[item.source].may_deliver(item.order_number)
    ]


def _warn(ctx: Context, texts: Iterable[str]) -> None:
    for text in filter(None, texts):
        logger.warning("%s", text)
        ctx.tally.warnings.append(text)


def _unknown(q: Queries, source: Source) -> list[str]:
    """The names of `only` that match no order number of an announcement; blanks around a number are ignored."""
    missing = [name for name in source.settings.only or () if not announcements.has_order(q, source.id, name)]
    known = set(map(typed.cleaned, announcements.order_numbers(q, source.id))) if missing else set()
    return [name for name in missing if name not in known]


def _perhaps(q: Queries, source: Source, name: str) -> str:
    """What a name that is no order number may stand for. What it matches is suggested, never used in its place."""
    keys = [key for key in returns.find(q, name) if key[0] == source.id]
    known = [(key, item) for key in keys for item in announcements.of_return(q, *key) if item.order_number]
    # Of a return of several orders, suggest the order that is likely meant, where that can be decided.
    likely = typed.meant(name, [((key, item), (item.order_number, item.order_ref)) for key, item in known]) or known
    numbers = {Masker(returns.get(q, *key)).values(item.order_number): None for key, item in likely[:_SHOWN]}
    return f"For {name!r}, did you mean {' or '.join(map(repr, numbers))}?" if numbers else ""


def _listed(names: Iterable[str]) -> str:
    """Names joined for a sentence; of many, only the first few."""
    each = list(names)
    shown = each if len(each) <= _SHOWN + 1 else [*each[:_SHOWN], f"{len(each) - _SHOWN} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
