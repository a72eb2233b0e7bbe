"""The story of a return, for `show`: what was read, sent and answered, when, and why it is in its state."""

from collections.abc import Iterable
from typing import Any

from returnsync import clock
from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.tell import named, timeline
from returnsync.engine.tell.entries import entry_of_record, words_left
from returnsync.engine.tell.held_list import next_step_of, what_is_wrong
from returnsync.engine.tell.sent_as import what_was_sent
from returnsync.mapping import reasons
from returnsync.model import Announcement, Return, ReturnId, SourceId
from returnsync.redact import Masker
from returnsync.state import announcements, erasing, history, ledger, returns, set_aside
from returnsync.state.database import Queries


def stories(ctx: Context, wanted: str) -> list[dict[str, Any]]:
    """Every return that a name matches, as `named.find` gives them.

    A record that was set aside counts as a return of which nothing else is known.
    """
    return list(stories_by_return(ctx, wanted).values())


def stories_by_return(ctx: Context, wanted: str) -> dict[tuple[SourceId, ReturnId], dict[str, Any]]:
    """The same, keyed by return; a record that was set aside by its key."""
    with ctx.db.reading() as q:
        return _stories(ctx, q, named.find(ctx, q, wanted), None)


def stories_of(ctx: Context, meant: Iterable[tuple[SourceId, ReturnId]], only_run: str) -> list[dict[str, Any]]:
    """The same for these returns and records, each with the events of one run only."""
    with ctx.db.reading() as q:
        return list(_stories(ctx, q, meant, only_run).values())


def _stories(
    ctx: Context, q: Queries, meant: Iterable[tuple[SourceId, ReturnId]], only_run: str | None
) -> dict[tuple[SourceId, ReturnId], dict[str, Any]]:
    found = {(source, ret): _story(ctx, q, source, ret, only_run) for source, ret in dict.fromkeys(meant)}
    return {
        key: story for key, story in found.items() if story["status"] or story["set_aside"] or story["announcements"]
    }


def _story(ctx: Context, q: Queries, source: SourceId, return_id: ReturnId, only_run: str | None) -> dict[str, Any]:
    ret = returns.get(q, source, return_id)
    known = ctx.sources.get(source)
    mask = glimpsed.mask_for(q, source, return_id, ret)
    story: dict[str, Any] = {
        "source": known.name if known else source,
        "return_id": return_id,
        "return_number": ret.number if ret else "",
        "status": ret.raw_status if ret else "",
        "created": clock.stamp(ret.created) if ret else None,
        "erased_at": clock.stamp_or_none(erasing.erased_at(q, source, return_id)),
        "lines": _lines(ret),
        "set_aside": [_aside(ctx, q, source, record) for record in set_aside.of_return(q, source, return_id)],
        "announcements": [
            _announcement(ctx, q, item, ret, mask) for item in announcements.of_return(q, source, return_id)
        ],
        "history": [
            _happened(entry, mask)
            for entry in history.story_of(q, source, return_id)
            if only_run in (None, entry["run"])
        ],
    }
    return {
        **story,
        **{key: mask.values(story[key]) for key in ("return_id", "return_number", "status", "lines", "history")},
    }


def _aside(ctx: Context, q: Queries, source: SourceId, record: dict[str, Any]) -> dict[str, Any]:
    """A record that could not be read, or identified: its own data, and when it is tried again."""
    entry = entry_of_record(
        ctx, q, {**record, "source": source}, what=what_is_wrong(record), next_step=next_step_of(q, record)
    )
    names = ("code", "cause", "order_number", "tracking_number", "created", "what", "next_step")
    return {
        **{name: entry.shown[name] for name in names},
        "first_seen": record["first_seen"],
        "tried_at": record["tried_at"],
        "tries": record["tries"],
        "is_released": bool(record["released"]),
    }


def _lines(ret: Return | None) -> list[dict[str, Any]]:
    """What comes back; of the consumer's comment only the length is shown."""
    return [
        {
            "order_number": line.order_number,
            "sku": line.sku,
            "title": line.title,
            "quantity": line.quantity,
            "reasons": list(reasons.keys(line.reason)) if line.reason else [],
            "comment": f"{len(line.comment)} characters" if line.comment else "",
        }
        for line in (ret.lines if ret else ())
        if line.is_item
    ]


def _happened(entry: dict[str, Any], mask: Masker) -> dict[str, Any]:
    detail = _masked(entry["detail"], mask)
    return {**entry, "detail": detail, "text": timeline.in_words(entry["event"], detail)}


def _announcement(ctx: Context, q: Queries, item: Announcement, ret: Return | None, mask: Masker) -> dict[str, Any]:
    return {
        "code": mask.values(item.code),
        "order_number": mask.values(item.order_number),
        "warehouse": item.warehouse,
        "progress": item.progress.value,
        "step": item.step.value,
        "cause": item.cause or "",
        "what": mask.values(item.what),
        "answer": words_left(mask(item.foreign)),
        "next_step": mask.values(item.next_step),
        "due_at": clock.stamp(item.due_at) if item.due_at else None,
        "announced_at": clock.stamp(item.announced_at) if item.announced_at else None,
        "sent": mask.values(what_was_sent(ctx, q, item, ret)),
        "labels": [
            {
                "file": label["file"],
                "path": str(ctx.labels.path / label["file"]),
                "tracking_link": mask.values(label["tracking_link"]),
                "saved_at": label["saved_at"],
                "removed_at": label["removed_at"],
            }
            for label in ledger.labels(q, item.warehouse, item.code)
        ],
    }


def _masked(value: Any, mask: Masker) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        # The consumer's text is not shown, nor its earlier versions.
        return {key: _masked(item, mask) for key, item in value.items() if key != "comment"}
    return [_masked(item, mask) for item in value] if isinstance(value, list) else value
