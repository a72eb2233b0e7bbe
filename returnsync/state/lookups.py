"""Order numbers that were looked up elsewhere, kept for good. Each function runs inside a transaction."""

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state.database import Queries


def answer(q: Queries, source: SourceId, rule: str, number: str) -> str | None:
    """The answer for a number by the rule with that hash; `None` if it was not asked for, or was not known."""
    row = q.looked_up(source=source, rule=rule, number=number)
    return None if row is None else str(row["answer"])


def keep(q: Queries, source: SourceId, rule: str, number: str, given: str) -> None:
    """Remember an answer."""
    q.keep_lookup(source=source, rule=rule, number=number, answer=given, at=clock.stamp(clock.now()))


def forget(q: Queries, source: SourceId, rule: str, number: str) -> None:
    """Forget an answer, so that it is asked for again."""
    q.forget_lookup(source=source, rule=rule, number=number)
