"""The JSON object of `map-reasons --json`: every reason with how it is sent, and what needs a person."""

from collections.abc import Sequence
from typing import Any

from returnsync.clock import stamp
from returnsync.engine.reasons.seen import SourceReason
from returnsync.engine.reasons.survey import TO_PAIR, PairingProblem, Survey
from returnsync.mapping import pairings
from returnsync.mapping.likeness import rank
from returnsync.mapping.pairings import STATUS_KEY, Pairings

_MOST_SUGGESTIONS = 3


def survey_as_json(found: Survey, pairs: Pairings, problems: Sequence[PairingProblem]) -> dict[str, Any]:
    """Every reason with how it is sent, and what needs a person."""
    return {
        "reasons": [_reason_as_json(found, item, pairs) for item in found.reasons],
        "problems": [problem_as_json(problem) for problem in problems],
    }


def _reason_as_json(found: Survey, item: SourceReason, pairs: Pairings) -> dict[str, Any]:
    status = found.pair_status(item, pairs)
    sent = found.sent(item, pairs, next(iter(item.channels), ""))
    choice = sent.pair.choice if sent.pair else None
    offered = found.offered[item.source.name]
    suggestions = rank(item.reason, offered)[:_MOST_SUGGESTIONS] if status in TO_PAIR else []
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
        "suggestions": [{"id": one.reason.id, "label": one.reason.label, "score": one.score} for one in suggestions],
    }


def problem_as_json(problem: PairingProblem) -> dict[str, Any]:
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
