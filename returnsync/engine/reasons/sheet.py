"""The sheet of `map-reasons`: every reason with its pair as CSV, and the changes that an edited sheet makes."""

from pathlib import Path

from returnsync.engine.reasons.survey import TO_PAIR, Survey, pairs_of_itself
from returnsync.errors import ConfigError
from returnsync.mapping import pair_sheet, pairings
from returnsync.mapping.likeness import Suggestion, rank
from returnsync.mapping.pairings import STATUS_KEY, Choice, Pair, Pairings, Place


def as_sheet(found: Survey, pairs: Pairings) -> str:
    """Every reason and every pair of the chosen sources as CSV; reasons without a pair with an empty `id`.

    A reason that came once, with data of its own consumer in it, is left out: it is no reason of the shop's.
    """
    rows: dict[Place, tuple[Pair, dict[str, str]]] = {}
    for item in found.reasons:
        if item.holds_consumer and item.seen == 1:
            continue
        status = found.pair_status(item, pairs)
        columns = {
            "seen": str(item.seen),
            "last_seen": f"{item.last_seen:%Y-%m-%d}" if item.last_seen else "",
            STATUS_KEY: status.value,
        }
        if status in TO_PAIR:
            best = next(iter(rank(item.reason, found.offered[item.source.name])), None)
            columns["suggestion"] = "" if best is None else suggestion_in_words(best)
        own = list(pairs_of_itself(item, pairs, *item.channels, "")) or [found.pair(item, Choice())]
        for pair in own:
            label = item.words if item.holds_consumer else found.pair(item, Choice()).platform_label
            named = pair._replace(platform_label=label, main="" if item.holds_consumer else item.main)
            rows.setdefault(pair.place.folded, (named, columns))
    for pair in pairs:
        if found.owned_by(pair.place):
            rows.setdefault(pair.place.folded, (pair, {}))
    return pair_sheet.render(rows[place] for place in sorted(rows))


def edits_from_sheet(path: Path, text: str, found: Survey, pairs: Pairings) -> list[Pair | Place]:
    """The changes that a sheet makes to the pairs; the whole sheet is checked first.

    Raises:
        ConfigError: it has problems; the error lists all of them, each with its line. Nothing was changed.
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
            # Left empty: the pair in this place is removed.
            edits += [row.place] if known else []
        elif known is None or not _same(known.choice, row.choice):
            # The pair is new, or differs from before.
            edits.append(Pair(row.place, _filled(found, row), row.platform_label, row.main))
    if problems:
        raise _bad_sheet(problems)
    return edits


def _bad_sheet(problems: list[str]) -> ConfigError:
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigError(
        f"The sheet has {count}. Nothing was changed.", "Correct it, and import it again.", tuple(problems)
    )


def _problem(found: Survey, row: pair_sheet.Written, known: Pair | None) -> str:
    if not found.owned_by(row.place):
        # The name is not configured, or its warehouse could not be read.
        names = ", ".join(sorted(found.owners))
        return (
            f"{row.place.name!r} is none of the sources and platforms that could be read; the configured ones are "
            f"{names}"
        )
    if known is not None and _same(known.choice, row.choice):
        # Unchanged, even where the warehouse no longer offers it.
        return ""
    offered = {reason.id for reason in found.offered_at(row.place)}
    if row.choice.id is not None and row.choice.id not in offered:
        return f"the warehouse offers no reason {row.choice.id}"
    return ""


def _same(one: Choice, other: Choice) -> bool:
    """Whether a row of a sheet equals the known choice; the row may leave the main reason empty."""
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
    choice = pairings.choice_of(reason, offered)
    if row.choice.parent_id not in (None, choice.parent_id):
        label = next((one.label for one in offered if one.id == row.choice.parent_id), "")
        choice = choice.model_copy(update={"parent_id": row.choice.parent_id, "warehouse_parent": label})
    return choice.model_copy(update={"words": row.choice.words})


def suggestion_in_words(suggestion: Suggestion) -> str:
    """A suggestion as it is shown to people: `2447 Te klein (87)`."""
    return f"{suggestion.reason.id} {suggestion.reason.label} ({suggestion.score})"
