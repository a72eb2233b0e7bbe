"""Purging: a consumer asks to have their data removed, and a person names the return."""

from dataclasses import dataclass
from typing import Any

from returnsync.engine import glimpsed
from returnsync.engine.context import Context
from returnsync.engine.erase.one import erase_record, erase_return, remove_files
from returnsync.engine.tell import named
from returnsync.engine.upkeep import empty_log, write_anew_unless_done
from returnsync.errors import FaultError, InUseError, NotThereError
from returnsync.labels import removal
from returnsync.model import OPEN, ReturnId, SourceId
from returnsync.redact import MASK
from returnsync.state import announcements, erasing, identity, returns, set_aside
from returnsync.state.database import Queries


@dataclass(frozen=True)
class Found:
    """A return, or a record that was set aside, that the given name matches."""

    source: SourceId
    return_id: ReturnId
    is_return: bool
    """Whether it is a return; otherwise it is a record without a known return."""
    shown: dict[str, Any]
    """What a person recognises it by: `source`, `return_id`, `return_number`, `order_numbers`; masked."""
    label_files: tuple[str, ...]
    """Its label files, and files that came as a label but are none, relative to the labels folder."""
    in_use: str
    """A sentence that says why it cannot be erased now, masked; empty where it can."""


@dataclass(frozen=True)
class Purged:
    """The result of purging."""

    files: tuple[str, ...]
    """The label files that were removed, relative to the labels folder."""
    left: str
    """A sentence that says why erased data may still be in the state file; empty where they are not."""


def find_to_purge(ctx: Context, wanted: str) -> list[Found]:
    """Every return that a name matches; the name may be anything that `show` accepts.

    Raises:
        NotThereError: there is none, or the name is not complete: erased data cannot be restored.
        InUseError: something is still to be done for one of them, or it is not certain what was done.
    """
    if MASK in wanted:
        raise NotThereError(
            f"{wanted!r} has a part that is masked, so it may mean several returns. Nothing was erased.",
            "Name it by its return number, its return id or its tracking number, as the platform shows it.",
        )
    with ctx.db.reading() as q:
        meant = named.find(ctx, q, wanted, by_label=False)
        if not meant:
            raise NotThereError(
                f"Nothing is known by the name {wanted!r}, so nothing was erased.",
                "Try the return's other names, such as its return number or its tracking number. docs/privacy.md says "
                "where data of consumers are kept, and how to find a return by an e-mail address.",
            )
        found = [_found(ctx, q, source, return_id) for source, return_id in meant]
    in_use = [one.in_use for one in found if one.in_use]
    if in_use:
        raise InUseError(
            f"{' '.join(in_use)} Nothing was erased.",
            "Purge it once nothing is left to do for it. If it is held and you have dealt with it, release it first: "
            "returnsync held release <CODE>",
        )
    return found


def _found(ctx: Context, q: Queries, source: SourceId, return_id: ReturnId) -> Found:
    ret = returns.get(q, source, return_id)
    mask = glimpsed.mask_for(q, source, return_id, ret)
    known = announcements.of_return(q, source, return_id)
    numbers = dict.fromkeys([*(ret.order_numbers() if ret else ()), *(item.order_number for item in known)])
    name = ctx.sources[source].name if source in ctx.sources else source
    shown = {
        "source": name,
        "return_id": return_id,
        "return_number": ret.number if ret else "",
        "order_numbers": list(numbers),
    }
    files = [
        f"{item.warehouse}/{place.name}"
        for item in known
        for place in removal.files_of(ctx.labels.path / item.warehouse, item.code)
    ]
    in_use = mask.values(_in_use(q, source, return_id, is_return=ret is not None))
    return Found(source, return_id, ret is not None, mask.values(shown), tuple(files), in_use)


def _in_use(q: Queries, source: SourceId, return_id: ReturnId, *, is_return: bool) -> str:
    known = announcements.of_return(q, source, return_id)
    still_open = next((item for item in known if item.progress in OPEN), None)
    if still_open is not None:
        return f"Return {return_id} is not done yet: {still_open.code} is {still_open.progress.value}."
    if any(erasing.is_open(q, item.warehouse, item.code) for item in known):
        return (
            f"It is not certain yet what happened to a call for return {return_id}, or its result is not in a file yet."
        )
    if is_return and not known and returns.is_unplanned(q, source, return_id):
        return f"Return {return_id} was read but not worked on yet."
    records = set_aside.of_return(q, source, return_id)
    if any(not record["released"] for record in records) or identity.may_be_shown(q, source, return_id):
        return f"A record of return {return_id}, or one that may be it, is held."
    return ""


def purge(ctx: Context, found: list[Found], *, labels: bool) -> Purged:
    """Erase all of these or none, then remove their label files if `labels` is set.

    A dry run works on a copy of the state, and removes no file.

    Raises:
        FaultError: data of one cannot be read, so nothing of any was erased or removed.
        OSError: a label file cannot be removed. Everything else was erased; purging again goes on with the files.
    """
    with ctx.db.transaction() as q:
        for one in found:
            _erase(ctx, q, one)
            ctx.story.tell(q, one.source, one.return_id, "personal data erased, as a person asked")
    if ctx.dry_run:
        return Purged((), "")
    files = [file for one in found if labels for file in remove_files(ctx, one.source, one.return_id)]
    left = write_anew_unless_done(ctx)
    if not empty_log(ctx) and not left:
        left = "Another program reads the state, so what was erased is still in its file."
    return Purged(tuple(files), left)


def _erase(ctx: Context, q: Queries, one: Found) -> None:
    erase = erase_return if one.is_return else erase_record
    try:
        erase(ctx, q, one.source, one.return_id)
    except ValueError as error:
        raise FaultError(
            f"Return {one.shown['return_id']}: what is kept of it cannot be read ({type(error).__name__}). "
            "Nothing was erased.",
            "Keep the state file as it is, run the same command with --verbose, and report it.",
        ) from error
