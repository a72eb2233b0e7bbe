"""Whether a label goes to its consumer by itself.

    the label                                                  then
    was asked for by another ledger, or that is not known      only if a person asks for it
    was asked for before a run first saw the method            only if a person asks for it
    was attempted by a later state than this one               only if a person asks for it
    of a return that has arrived, or is over                   only if a person asks for it
    was asked for after that, at most `hand_over_within` ago   by itself
    was asked for after that, and longer ago                   held, `not-handed-over`
    for which a person asked                                   by itself for `hand_over_within` from then on

So no old label reaches anybody because a method is switched on, because one was off for a while, or because yesterday's
state was restored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver import Delivery
from returnsync.engine.sources import Source
from returnsync.engine.tell import carrier_in
from returnsync.errors import AccountRefused
from returnsync.model import OVER, Announcement, ReturnStatus
from returnsync.state import hand_overs
from returnsync.state.database import Queries
from returnsync.state.hand_overs import Attempt, Ended, LabelKey, Method, Word

# The consumer does not need a label any more.
_ARRIVED = OVER | {ReturnStatus.DELIVERED}


class Goes(Enum):
    """What to do about a label that a method has not handed over."""

    NOW = auto()
    TOO_LATE = auto()
    """It should have gone by itself, and the time for that is over."""
    NOT_BY_ITSELF = auto()


@dataclass(frozen=True, slots=True)
class TheLabel:
    """The label that is to be handed over, with the data that decide about it."""

    key: LabelKey
    file: str
    """Relative to the labels folder."""
    sha256: str
    tracking_link: str
    saved_at: datetime
    asked_for_at: datetime | None
    """When this ledger asked for it; `None` where it was made in another way."""
    carrier: str
    word: Word | None
    """A person's request to hand it over."""
    every: tuple[Attempt, ...]
    """Every attempt in this state."""

    def of(self, method: Method) -> tuple[Attempt, ...]:
        """The attempts by one method that count: those before a person's request may not."""
        after = self.word.attempts if self.word is not None else 0
        done_after = self.word.done_after if self.word is not None else 0
        ours = (one for one in self.every if one.method is method)
        return tuple(one for one in ours if one.number > (done_after if one.outcome is Ended.DONE else after))

    def is_done(self, method: Method) -> bool:
        """Whether it was handed over by this method."""
        return any(one.outcome is Ended.DONE for one in self.of(method))


def newest_label(q: Queries, item: Announcement) -> TheLabel | None:
    """The newest label of an announcement; `None` where it has none."""
    found = hand_overs.newest_label(q, item.warehouse, item.code)
    if found is None:
        return None
    key, row = found
    asked_for_at, request = hand_overs.call_for(q, key) or (None, "")
    return TheLabel(
        key,
        row["file"],
        row["sha256"],
        row["tracking_link"],
        clock.parse(row["saved_at"]),
        asked_for_at,
        carrier_in(request),
        hand_overs.word_for(q, key),
        tuple(hand_overs.of_label(q, key)),
    )


def ask_for_hand_over(ctx: Context, q: Queries, source: Source, item: Announcement) -> None:
    """Save a person's request to hand over the newest label of an announcement now.

    It is not repeated by methods that handed it over already, unless all of them have.
    """
    label = newest_label(q, item)
    if label is None:
        return
    methods = [Method(name) for name in methods_for(ctx, source, at_a_word=True)]
    last = max([0, *(one.number for one in label.every), *(_noted(ctx, label, method) for method in Method)])
    before = label.word.done_after if label.word is not None else 0
    is_whole = all(label.is_done(method) for method in methods)
    hand_overs.ask(q, label.key, attempts=last, done_after=last if is_whole else before)


def methods_for(ctx: Context, source: Source, *, at_a_word: bool) -> tuple[str, ...]:
    """The methods by which a label of a source is handed over. At a person's request it is mailed where none is set."""
    can_mail = at_a_word and ctx.config.settings.mail is not None
    return source.settings.methods or ((Method.EMAIL.value,) if can_mail else ())


def goes(delivery: Delivery, label: TheLabel, method: Method, since: datetime | None) -> Goes:
    """Whether a label goes now by a method that its source has had since `since`; `None`: no run has seen it yet.

    Raises:
        AccountRefused: the notes beside the labels of its warehouse cannot be read.
    """
    within = timedelta(days=delivery.source.settings.hand_over_within)
    now = clock.now()
    known = [one.number for one in label.every if one.method is method]
    if _noted(delivery.ctx, label, method) > max([label.word.attempts if label.word is not None else 0, *known]):
        # A later state than this one attempted it: this state was restored since.
        return Goes.NOT_BY_ITSELF
    if label.word is not None:
        return Goes.NOW if now - label.word.at <= within else Goes.TOO_LATE
    if since is None or label.asked_for_at is None or label.asked_for_at < since:
        return Goes.NOT_BY_ITSELF
    if delivery.ret.status in _ARRIVED:
        return Goes.NOT_BY_ITSELF
    return Goes.NOW if now - label.asked_for_at <= within else Goes.TOO_LATE


def _noted(ctx: Context, label: TheLabel, method: Method) -> int:
    """The number of the last attempt noted beside the labels. Raises `AccountRefused`."""
    try:
        return ctx.labels.witness.highest(label.key.warehouse, label.sha256, method)
    except OSError as error:
        raise AccountRefused(
            label.key.warehouse,
            f"What was handed over is noted in {ctx.labels.path / label.key.warehouse / '.handed-over'}, which cannot "
            f"be read ({error.strerror}). No label of {label.key.warehouse} is handed over.",
            "Give this user the right to read it.",
        ) from error
