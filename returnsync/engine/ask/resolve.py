"""Resolve many labels that are in doubt at once: a person knows that none of them was made."""

import logging
from dataclasses import dataclass

from returnsync.engine.context import Context
from returnsync.engine.deliver import Delivery, Stopped, load, look_for_label
from returnsync.engine.lifecycle import forget, retried
from returnsync.errors import AccountError, CallError, HoldError, WaitError
from returnsync.model import Announcement, Cause, Code, Step
from returnsync.state import announcements, ledger
from returnsync.state.history import ByPerson
from returnsync.state.ledger import Kind, Outcome

logger = logging.getLogger("returnsync.held")


@dataclass(frozen=True)
class InDoubt:
    """The result of a new look at every label that is in doubt."""

    none_shows: tuple[Code, ...]
    """Nothing shows that a label was made for these."""
    left_out: tuple[Code, ...]
    """These stay held: something may be their label, or the warehouse could not be asked."""
    found: tuple[Code, ...]
    """These are settled: their files were found, or they went on meanwhile."""
    second: tuple[Code, ...] = ()
    """Those of `none_shows` that have a label already: another one is in doubt. They are settled as before."""


def look_at_doubts(ctx: Context) -> InDoubt:
    """Look again for every label that is held in doubt: for its file, and for what the warehouse shows.

    Raises:
        RunError: labels or state cannot be written.
    """
    none_shows, left_out, found, second = list[Code](), list[Code](), list[Code](), list[Code]()
    for item in _in_doubt(ctx):
        delivery = load(ctx, ctx.db, item.code)
        if delivery is None or ctx.accounts.is_broken(item.warehouse):
            left_out.append(item.code)  # its source is not configured, or its account cannot be used
            continue
        try:
            is_there = look_for_label(delivery)
        except Stopped:
            left_out.append(item.code)
        except (CallError, HoldError, WaitError) as error:
            logger.warning("%s stays held: %s", item.code, error.what)
            left_out.append(item.code)
        except AccountError as error:
            ctx.accounts.give_up_on(item.warehouse, error)
            left_out.append(item.code)
        else:
            (found if is_there else none_shows).append(item.code)
            second += [item.code] if not is_there and item.labelled_at is not None else []
    return InDoubt(tuple(none_shows), tuple(left_out), tuple(found), tuple(second))


def none_was_made(ctx: Context, codes: tuple[Code, ...]) -> None:
    """Record that, as a person says, no label was made for these: the next run asks for them, and each is billed."""
    for code in codes:
        delivery = load(ctx, ctx.db, code)
        if delivery is not None:
            _let_go_on(ctx, delivery)


def _in_doubt(ctx: Context) -> list[Announcement]:
    with ctx.db.reading() as q:
        held = [item for item in announcements.held(q) if item.cause is Cause.LABEL_IN_DOUBT]
    return [item for item in held if item.step is Step.LABEL]


def _let_go_on(ctx: Context, delivery: Delivery) -> None:
    item = delivery.announcement
    again = retried(item)
    with ctx.db.transaction() as q:
        effect = ledger.newest(q, item.warehouse, item.code, Kind.LABEL)
        if again is None or effect is None or effect.outcome is not Outcome.DOUBT:
            return  # it went on meanwhile
        ledger.end_doubt(q, effect, Outcome.NOT_MADE, "a person says that none was made")
        announcements.save(q, forget(again))
        ctx.story.tell(q, item.source, item.return_id, ByPerson.NONE_MADE, item.code)
