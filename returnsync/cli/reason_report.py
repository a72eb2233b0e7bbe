"""What `map-reasons` prints for a person: every reason, what is wrong with pairs, what was paired by likeness."""

from pathlib import Path
from typing import TYPE_CHECKING

from returnsync.cli.screen import console, print_hint, print_table
from returnsync.engine.reasons import suggestion_in_words
from returnsync.mapping import pairings
from returnsync.mapping.likeness import rank
from returnsync.mapping.pairings import PairStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from returnsync.engine.reasons import PairedByLikeness, PairingProblem, SourceReason, Survey

_PROBLEMS = {
    "unpaired": "came in the last 30 days and is unpaired",
    "gone-at-warehouse": "is paired with a reason that the warehouse no longer offers",
    "gone-at-platform": "is paired, and the platform no longer has it",
    "unknown-owner": "is paired under a name that is no source and no platform of the configuration",
}


def print_reasons(found: "Survey", pairs: pairings.Pairings) -> None:
    """Print every reason, those to be paired first, each with what it is sent as, or the best suggestion."""
    first = {id(item) for item in found.to_pair(pairs)}
    for heading, wanted in (("To be paired", True), ("Paired", False)):
        items = [item for item in found.reasons if (id(item) in first) is wanted]
        if not items:
            continue
        rows = []
        for item in sorted(items, key=lambda item: (item.source.name, -item.seen)):
            last = f"{item.last_seen:%Y-%m-%d}" if item.last_seen else ""
            sent = _sent(found, item, pairs)
            rows.append((item.source.name, item.words, item.shown_key, str(item.seen), last, sent))
        out = console()
        out.print(f"{heading}: {len(items)}", style="bold")
        print_table(out, ("source", "reason", "key", "seen", "last", "sent as"), rows)


def _sent(found: "Survey", item: "SourceReason", pairs: pairings.Pairings) -> str:
    offered = found.offered[item.source.name]
    status = found.pair_status(item, pairs)
    sent = found.sent(item, pairs, next(iter(item.channels), ""))
    if status in (PairStatus.UNPAIRED, PairStatus.GONE):
        # to be paired: what is suggested, and what it was paired with before
        best = next(iter(rank(item.reason, offered)), None)
        why = f"{sent.pair.choice.id} is gone; " if sent.pair and status is PairStatus.GONE else ""
        return f"{why}suggested: {suggestion_in_words(best)}" if best else why or "text only"
    if sent.pair is None or status is PairStatus.TEXT_ONLY:
        return "text only, by choice"
    # paired: with what, what that is called now, and whether it is its main reason's pair
    choice = sent.pair.choice
    drifted = pairings.drift(choice, offered)
    new_name = f", now called {drifted}" if drifted else ""
    through = " (through its main reason)" if item.reason.key != sent.pair.place.key and item.reason.parent else ""
    return f"{choice.id} {choice.warehouse_label}{new_name}{through}"


def print_problems(problems: "Sequence[PairingProblem]") -> None:
    """Print the pairs that need a person."""
    out = console()
    for problem in problems:
        channel = f" ({problem.channel})" if problem.channel else ""
        out.print(f"{problem.owner}{channel}: {problem.words} ({problem.key}) {_PROBLEMS[problem.kind]}", markup=False)
    print_hint(out, "Pair them: returnsync map-reasons" if problems else "Nothing needs pairing.")


def print_auto(auto: "PairedByLikeness", above: int, path: Path) -> None:
    """Print what was paired by likeness, and what was not."""
    out = console()
    for item, suggestion, _ in auto.paired:
        out.print(f"paired  {item.source.name}: {item.words} → {suggestion_in_words(suggestion)}", markup=False)
    for item, best in auto.left:
        why = f"best: {suggestion_in_words(best)}" if best else "the warehouse offers none"
        out.print(f"left    {item.source.name}: {item.words} ({why})", markup=False)
    out.print(f"{len(auto.paired)} paired above {above}, {len(auto.left)} left. The pairs are in {path}.", markup=False)
