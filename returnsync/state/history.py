"""The append-only history of every return, written in the same transaction as what it is about."""

import itertools
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from returnsync import clock
from returnsync.model import Announcement, ReturnId, SourceId
from returnsync.state import stories
from returnsync.state.database import Queries

Listener = Callable[[str, str, Mapping[str, Any]], None]
"""Gets the code of an entry's announcement, if it has one; what happened; and the details, which are not masked."""


class ByPerson(StrEnum):
    """What a person did, in the words of the history. The time until a return is erased begins again with each."""

    RETRY = "retry asked for"
    RELEASED = "released"
    TAKEN_BACK = "release taken back"
    CHANGE_TO_SEND = "change to be sent, a person says"
    TO_SEND = "to be sent, a person says"
    NONE_MADE = "none was made, a person says"
    SAME_RETURN = "rewritten at its platform, a person says"


class Story:
    """Writes the history of one run. Details may hold a server's words: they are masked when shown."""

    def __init__(self, run: str) -> None:
        """`run` is the id of this run; entries are numbered within it."""
        self.run = run
        self.listener: Listener | None = None
        """Called with each entry as it is written; its transaction may still be rolled back."""
        self._numbers = itertools.count(1)

    def tell(
        self,
        q: Queries,
        source: SourceId,
        return_id: ReturnId,
        event: str,
        code: str = "",
        **detail: object,
    ) -> None:
        """Add one entry. Call it inside the transaction that makes it true.

        A detail that is `None` is kept as an empty text.
        """
        kept = {key: "" if value is None else value for key, value in detail.items()}
        q.add_to_history(
            run=self.run,
            seq=next(self._numbers),
            at=clock.stamp(clock.now()),
            source=source,
            return_id=return_id,
            code=code,
            event=event,
            detail=json.dumps(kept, ensure_ascii=False) if kept else "",
        )
        if self.listener is not None:
            self.listener(code, event, kept)


def is_change_wanted(q: Queries, announcement: Announcement) -> bool:
    """Whether a person asked to send a change of it, and the history does not say yet what became of that.

    So the request stays while the warehouse cannot be reached, and after a kill, and it counts for one change only.
    """
    row = q.last_word_on_change(
        source=announcement.source,
        return_id=announcement.return_id,
        code=announcement.code,
        word=ByPerson.CHANGE_TO_SEND.value,
    )
    return row is not None and row["event"] == ByPerson.CHANGE_TO_SEND


def story_of(q: Queries, source: SourceId, return_id: ReturnId) -> list[dict[str, Any]]:
    """The whole story of one return, oldest first; what is older than its erasing has no run, and only the cause."""
    return [*_until_erased(q, source, return_id), *_since(q, source, return_id)]


def codes_of(q: Queries, source: SourceId, return_id: ReturnId) -> list[str]:
    """The codes of the announcements of a return, in the order in which they were made."""
    rows = q.announcements_of_return(source=source, return_id=return_id)
    return [row["code"] for row in sorted(rows, key=lambda row: (row["created"], row["code"]))]


def _until_erased(q: Queries, source: SourceId, return_id: ReturnId) -> list[dict[str, Any]]:
    row = q.story_until_erased(source=source, id=return_id)
    if row is None or not row["story"]:
        return []
    return stories.unpacked(row["story"], clock.parse(row["first_seen"]), codes_of(q, source, return_id))


def _since(q: Queries, source: SourceId, return_id: ReturnId) -> list[dict[str, Any]]:
    return [
        {
            "at": row["at"],
            "run": row["run"],
            "code": row["code"],
            "event": row["event"],
            "detail": json.loads(row["detail"]) if row["detail"] else {},
        }
        for row in q.story(source=source, return_id=return_id)
    ]
