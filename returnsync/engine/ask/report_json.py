"""A report as one JSON object: the same figures as on its page."""

from typing import Any

from returnsync import clock
from returnsync.engine.ask.hours import Took
from returnsync.engine.ask.report import AGES, Report
from returnsync.mapping.pairings import STATUS_KEY
from returnsync.state.overview import Stands

# What is due counts as waiting.
_STATES = tuple(state for state in Stands if state is not Stands.DUE)


def report_as_json(report: Report) -> dict[str, Any]:
    """The report; moments are in UTC, days in this machine's time zone, and hours have fractions."""
    covered = report.covered
    return {
        "made": clock.stamp(report.made),
        "since": clock.stamp(covered.since),
        "until": clock.stamp_or_none(covered.until),
        "labels_since": clock.stamp(covered.labels_since),
        "sources": list(covered.sources),
        "states": {state.value: report.states[state] for state in _STATES},
        "days": [
            {"day": day.isoformat(), **{state.value: counts[state] for state in _STATES}}
            for day, counts in report.days.items()
        ],
        "hours": [
            {"source": one.source or None, "announced": _took(one.announced), "labelled": _took(one.labelled)}
            for one in report.hours
        ],
        "reasons": [
            {"source": one.source, "key": one.key, "words": one.words, "seen": one.seen, STATUS_KEY: one.paired.value}
            for one in report.reasons
        ],
        "held": [
            {
                "cause": one.cause,
                "number": one.number,
                "oldest": clock.stamp(one.oldest),
                "ages": dict(zip(AGES, one.ages, strict=True)),
            }
            for one in report.held
        ],
        "requests": [one._asdict() for one in report.requests],
        "labels": [{"month": month, "carrier": carrier, "number": number} for month, carrier, number in report.labels],
    }


def _took(took: Took | None) -> dict[str, Any] | None:
    if took is None:
        return None
    return {"number": took.number, "median": round(took.median, 4), "percentile_95": round(took.most, 4)}
