"""Erasing: what the state keeps of a return's consumer goes, and what tells returns apart stays (state/personal.py).

Each function runs inside a transaction, so that a kill leaves a return whole or erased.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from returnsync import clock
from returnsync.model import Code, ReturnId, ReturnStatus, SourceId, WarehouseName
from returnsync.state import content, history, personal, stories
from returnsync.state.database import Queries
from returnsync.state.history import ByPerson
from returnsync.state.ledger import Outcome

WRITTEN_ANEW = "written-anew"
"""The upkeep that rewrites the file, so that nothing that earlier versions erased or changed stays in unused parts."""

_BY_PERSON = "".join(("|", *(f"{event}|" for event in ByPerson)))


def due(q: Queries, status: ReturnStatus, before: datetime, most: int, skip: int) -> list[tuple[SourceId, ReturnId]]:
    """Up to `most` returns of a status that are at their end, and to which nothing happened since a moment.

    The first `skip` are left out: those that could not be erased come first again.
    """
    rows = q.returns_to_erase(
        status=status.value, before=clock.stamp(before), by_person=_BY_PERSON, most=most, skip=skip
    )
    return [(SourceId(row["source"]), ReturnId(row["id"])) for row in rows]


def records_due(q: Queries, before: datetime, most: int, skip: int) -> list[tuple[SourceId, ReturnId]]:
    """Records that a person released before a moment, by the keys that they are set aside under."""
    rows = q.records_to_erase(before=clock.stamp(before), most=most, skip=skip)
    return [(SourceId(row["source"]), ReturnId(row["record"])) for row in rows]


def oldest(q: Queries) -> datetime | None:
    """Since when the oldest personal data are kept: of a return by its last change, of a record since it was set aside.

    `None` where there are none.
    """
    return clock.parse_or_none(q.oldest_with_texts()[0])


def erased_at(q: Queries, source: SourceId, return_id: ReturnId) -> datetime | None:
    """When a return was erased last; `None` where it never was."""
    row = q.erased_at(source=source, id=return_id)
    return None if row is None else clock.parse(row["erased_at"])


def is_open(q: Queries, warehouse: WarehouseName, code: Code) -> bool:
    """Whether it is not known if a call of that code took effect, or what it brought is in no file yet."""
    return bool(q.any_in_flight(warehouse=warehouse, code=code)[0])


def erase(q: Queries, source: SourceId, return_id: ReturnId, kept_words: str) -> None:
    """Erase a return: its body, its parts and every text about it, except `kept_words`, which are our own.

    Raises:
        ValueError: a row of it cannot be read; the transaction is to be rolled back.
    """
    for part in list(q.parts_of(source=source, home=return_id)):
        if part["body"]:
            body = content.dumped(personal.erased(content.parsed(part["body"])))
            q.erase_part(source=source, record=part["record"], body=body)
    for sent in list(q.requests_of_return(source=source, return_id=return_id)):
        key = {name: sent[name] for name in ("warehouse", "code", "kind", "generation")}
        q.erase_effect(**key, request=personal.erased_request(sent["request"], clock.parse(sent["intent_at"])))
    q.erase_announcements(source=source, return_id=return_id, kept=kept_words)
    for announcement in list(q.announcements_of_return(source=source, return_id=return_id)):
        _erase_links(q, announcement)
        _put_to_rest(q, announcement)
    row = q.one_return(source=source, id=return_id)
    if row is not None:
        body = content.dumped_at_rest(personal.erased(content.of_row(row)))
        told, codes = history.story_of(q, source, return_id), history.codes_of(q, source, return_id)
        story = stories.packed(told, clock.parse(row["first_seen"]), codes)
        digest, at = personal.erased_hash(row["hash"]), clock.stamp(clock.now())
        q.erase_return(source=source, id=return_id, hash=digest, body=body, story=story, at=at)
        q.forget_history(source=source, return_id=return_id)


def _erase_links(q: Queries, announcement: Any) -> None:
    warehouse, code = announcement["warehouse"], announcement["code"]
    for label in list(q.labels_of_code(warehouse=warehouse, code=code)):
        if label["tracking_link"]:
            digest = personal.digest_of_link(label["tracking_link"])
            q.erase_link(warehouse=warehouse, code=code, generation=label["generation"], link_sha256=digest)


def _put_to_rest(q: Queries, announcement: Any) -> None:
    """Move the request and the label into the row of the announcement, if the ledger has nothing else of it.

    That is so if each was made by the first call. Anything else stays: what was refused, changed, requested again or
    found.
    """
    key = {"warehouse": announcement["warehouse"], "code": announcement["code"]}
    effects, labels = list(q.effects_of_code(**key)), list(q.labels_in_table(**key))
    kinds = [effect["kind"] for effect in effects]
    is_plain = kinds in (["create"], ["create", "label"]) and len(labels) == len(effects) - 1
    was_made = all(
        (effect["outcome"], effect["generation"], effect["recheck_at"], effect["made_before"])
        == (Outcome.MADE, 1, None, None)
        for effect in effects
    )
    if announcement["at_rest"] or not (is_plain and was_made) or announcement["announced_at"] is None:
        return
    if labels and announcement["labelled_at"] is None:
        return
    label = dict(labels[0]) if labels else {"file": "", "sha256": "", "link_sha256": "", "removed_at": None}
    is_usual = label["file"] == f"{key['warehouse']}/{key['code']}.pdf"
    q.put_to_rest(
        **key,
        request=effects[0]["request"],
        carrier=personal.carrier_kept(effects[1]["request"]) if labels else "",
        sha256=label["sha256"],
        link=label["link_sha256"],
        file="" if is_usual else label["file"],
        removed=label["removed_at"],
    )
    q.forget_effects(**key)
    q.forget_labels(**key)


def files_removed(q: Queries, warehouse: WarehouseName, codes: Sequence[Code]) -> None:
    """The label files of some codes were removed."""
    for code in codes:
        for note in (q.files_removed, q.files_at_rest_removed):
            note(warehouse=warehouse, code=code, at=clock.stamp(clock.now()))


def was_written_anew(q: Queries) -> bool:
    """Whether the state file was already rewritten, which is done once before the first erasing."""
    return q.upkeep_done(what=WRITTEN_ANEW) is not None


def note_written_anew(q: Queries) -> None:
    """Note that the state file was rewritten."""
    q.note_upkeep(what=WRITTEN_ANEW, at=clock.stamp(clock.now()))
