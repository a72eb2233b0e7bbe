"""What `map-reasons` does without asking: pairs by likeness, the sheet for a spreadsheet, what was found as JSON."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from returnsync.clock import stamp
from returnsync.engine.reasons.survey import Item, Problem, Survey
from returnsync.errors import ConfigError
from returnsync.mapping import pair_sheet, pairings
from returnsync.mapping.likeness import Suggestion, rank
from returnsync.mapping.pairings import STATUS_KEY, Choice, Pair, Pairings, PairStatus, Place
from returnsync.model import WarehouseReason

_SHOWN_SUGGESTIONS = 3
_ABOUT_THE_SAME = 50


class Auto(NamedTuple):
    """What pairing by likeness came to: a pair for each reason that was alike enough, and all that it left."""

    paired: list[tuple[Item, Suggestion, Pair]]
    left: list[tuple[Item, Suggestion | None]]


def by_likeness(found: Survey, pairs: Pairings, above: int) -> Auto:
    """Pair what is unpaired, or was paired so before and is gone, where the best suggestion scores above a number.

    Two that are equally alike are not told apart. What a person chose stays, also where it is gone.
    """
    auto = Auto([], [])
    for item in found.to_pair(pairs):
        if found.pair_status(item, pairs) not in (PairStatus.UNPAIRED, PairStatus.GONE):
            continue  # the pair of another source of its platform counts for it too
        offered = found.offered[item.source.name]
        first, second = (*rank(item.reason, offered)[:2], None, None)[:2]
        by_person = any(pair.choice.chosen_by == "person" for pair in _own(item, pairs, ""))
        alone = second is None or (first is not None and first.score > second.score)
        if first is None or not alone or by_person or min(first.score, _with_mains(item, first, offered)) <= above:
            auto.left.append((item, first))
            continue
        pair = found.pair(item, pairings.choice_of(first.reason, offered, "auto"))
        auto.paired.append((item, first, pair))
        pairs = pairs.edited([pair])
    return auto


def _with_mains(item: Item, best: Suggestion, offered: Sequence[WarehouseReason]) -> int:
    """How well a suggestion may score at most, by the main reasons: "too long" means one thing of a delivery.

    Two main reasons must be as alike as the reasons themselves; one that the warehouse has none for must at least be
    about the same.
    """
    if item.reason.parent is None:
        return best.score
    main = next((one for one in offered if one.id == best.reason.parent_id), None)
    (alike,) = rank(item.reason.parent, [main or best.reason])
    return alike.score if main or alike.score < _ABOUT_THE_SAME else best.score


def _own(item: Item, pairs: Pairings, *channels: str) -> Iterator[Pair]:
    """The pairs of the reason itself, those of its main reason left out."""
    for channel in channels:
        yield from pairs.of_key(item.source.name, item.source.settings.platform, item.reason.key, channel)


def sheet(found: Survey, pairs: Pairings) -> str:
    """Every reason and every pair of the chosen sources as CSV; reasons without a pair with an empty `id`."""
    rows: dict[Place, tuple[Pair, dict[str, str]]] = {}
    for item in found.items:
        status = found.pair_status(item, pairs)
        told = {
            "seen": str(item.seen),
            "last_seen": f"{item.last_seen:%Y-%m-%d}" if item.last_seen else "",
            STATUS_KEY: status.value,
        }
        if status in (PairStatus.UNPAIRED, PairStatus.GONE):
            told["suggestion"] = ", ".join(map(shown, rank(item.reason, found.offered[item.source.name])[:1]))
        own = list(_own(item, pairs, *item.channels, "")) or [found.pair(item, Choice())]
        for pair in own:
            named = pair._replace(platform_label=found.pair(item, Choice()).platform_label, main=item.main)
            rows.setdefault(pair.place.folded, (named, told))
    for pair in pairs:
        if found.owned_by(pair.place):
            rows.setdefault(pair.place.folded, (pair, {}))
    return pair_sheet.render(rows[place] for place in sorted(rows))


def edits_of(path: Path, text: str, found: Survey, pairs: Pairings) -> list[Pair | Place]:
    """The changes that a sheet makes to the pairs, checked whole.

    Raises:
        ConfigError: it has problems; all of them, each with its line. Nothing was changed.
    """
    problems: list[str] = []
    edits: list[Pair | Place] = []
    try:
        rows = pair_sheet.parse(text)
    except pair_sheet.SheetError as error:
        raise _bad_sheet([f"{path}:{line}: {problem}" for line, problem in error.problems]) from error
    for row in rows:
        known = pairs.in_place(row.place)
        problem = _problem(found, row, known)
        if problem:
            problems.append(f"{path}:{row.line}: {problem}")
        elif not row.choice.is_made:
            edits += [row.place] if known else []
        elif known is None or not _same(known.choice, row.choice):
            edits.append(Pair(row.place, _filled(found, row), row.platform_label, row.main))
    if problems:
        raise _bad_sheet(problems)
    return edits


def _bad_sheet(problems: list[str]) -> ConfigError:
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigError(f"The sheet has {count}. Nothing was changed.", "Mend it, and import it again.", tuple(problems))


def _problem(found: Survey, row: pair_sheet.Written, known: Pair | None) -> str:
    if not found.owned_by(row.place):
        names = ", ".join(sorted(found.owners))
        return f"{row.place.name!r} is none of the sources and platforms that could be read; configured are {names}"
    if known is not None and _same(known.choice, row.choice):
        return ""
    offered = {reason.id for reason in found.offered_at(row.place)}
    if row.choice.id is not None and row.choice.id not in offered:
        return f"the warehouse offers no reason {row.choice.id}"
    return ""


def _same(one: Choice, other: Choice) -> bool:
    """Whether a row of a sheet says what stands there already: it may leave the main reason to the warehouse."""
    parents = {one.parent_id, other.parent_id}
    return (one.id, one.words, one.text_only) == (other.id, other.words, other.text_only) and (
        len(parents) == 1 or other.parent_id is None
    )


def _filled(found: Survey, row: pair_sheet.Written) -> Choice:
    """A person's choice with the warehouse's own words for it."""
    offered = found.offered_at(row.place)
    reason = next((one for one in offered if one.id == row.choice.id), None)
    if reason is None:
        return row.choice
    told = pairings.choice_of(reason, offered)
    if row.choice.parent_id not in (None, told.parent_id):
        label = next((one.label for one in offered if one.id == row.choice.parent_id), "")
        told = told.model_copy(update={"parent_id": row.choice.parent_id, "warehouse_parent": label})
    return told.model_copy(update={"words": row.choice.words})


def shown(suggestion: Suggestion) -> str:
    """A suggestion in words."""
    return f"{suggestion.reason.id} {suggestion.reason.label} ({suggestion.score})"


def as_json(found: Survey, pairs: Pairings, problems: list[Problem]) -> dict[str, Any]:
    """Every reason with how it is sent, and what needs a person."""
    return {
        "reasons": [_item_as_json(found, item, pairs) for item in found.items],
        "problems": [problem_as_json(problem) for problem in problems],
    }


def _item_as_json(found: Survey, item: Item, pairs: Pairings) -> dict[str, Any]:
    status = found.pair_status(item, pairs)
    sent = found.sent(item, pairs, next(iter(item.channels), ""))
    choice = sent.pair.choice if sent.pair else None
    offered = found.offered[item.source.name]
    wanting = status in (PairStatus.UNPAIRED, PairStatus.GONE)
    return {
        "source": item.source.name,
        "platform": item.source.settings.platform,
        "key": item.shown_key,
        "words": item.words,
        "main": item.main,
        "listed": item.listed,
        "seen": item.seen,
        "last_seen": stamp(item.last_seen) if item.last_seen else None,
        "channels": dict(item.channels),
        STATUS_KEY: status.value,
        "id": choice.id if choice else None,
        "parent_id": choice.parent_id if choice else None,
        "warehouse_label": choice.warehouse_label if choice else "",
        "called_now": pairings.drift(choice, offered) if choice else "",
        "chosen_by": choice.chosen_by if choice else "",
        "suggestions": [
            {"id": one.reason.id, "label": one.reason.label, "score": one.score}
            for one in (rank(item.reason, offered)[:_SHOWN_SUGGESTIONS] if wanting else ())
        ],
    }


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """One problem."""
    return {
        "kind": problem.kind,
        "owner": problem.owner,
        "channel": problem.channel,
        "key": problem.key,
        "words": problem.words,
        "seen": problem.seen,
        "last_seen": stamp(problem.last_seen) if problem.last_seen else None,
    }
