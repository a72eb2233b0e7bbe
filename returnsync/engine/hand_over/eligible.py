"""Whether a label goes to its consumer by itself.

    the label                                                  then
    was asked for by another ledger, or nobody knows           only at a person's word
    was asked for before a run first saw the method            only at a person's word
    was attempted by a later state than this one               only at a person's word
    of a return that has arrived, or is over                   only at a person's word
    was asked for after that, at most `hand_over_within` ago   by itself
    was asked for after that, and longer ago                   held, `not-handed-over`
    of which a person said that it is to go                    for `hand_over_within` from then on

So neither a method that is switched on, nor one that was off for a while, nor the state of yesterday put back brings
old labels to anybody.
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

# The consumer has no use for a label any more.
_ARRIVED = OVER | {ReturnStatus.DELIVERED}


class Goes(Enum):
    """What is to be done about a label that is not handed over by a method."""

    NOW = auto()
    TOO_LATE = auto()
    """It should have gone by itself, and its time is over."""
    NOT_BY_ITSELF = auto()


@dataclass(frozen=True, slots=True)
class TheLabel:
    """The label that is to be handed over, with what decides about it."""

    key: LabelKey
    file: str
    """Relative to the labels folder."""
    sha256: str
    tracking_link: str
    saved_at: datetime
    asked_for_at: datetime | None
    """When this ledger asked for it; `None` where it was made without that."""
    carrier: str
    word: Word | None
    """A person's word that it is to go."""
    every: tuple[Attempt, ...]
    """Every attempt that this state knows of."""

    def of(self, method: Method) -> tuple[Attempt, ...]:
        """The attempts by one method that count: not what a person's word made void."""
        after = self.word.attempts if self.word is not None else 0
        done_after = self.word.done_after if self.word is not None else 0
        ours = (one for one in self.every if one.method is method)
        return tuple(one for one in ours if one.number > (done_after if one.outcome is Ended.DONE else after))

    def is_done(self, method: Method) -> bool:
        """Whether it was handed over by that method."""
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
    """A person's word that the newest label of an announcement is to go now.

    By what it was handed over already it does not go again, unless it was by all.
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
    """By what a label of a source is handed over. At a person's word it is mailed where nothing else is said."""
    can_mail = at_a_word and ctx.config.settings.mail is not None
    return source.settings.methods or ((Method.EMAIL.value,) if can_mail else ())


def goes(delivery: Delivery, label: TheLabel, method: Method, since: datetime | None) -> Goes:
    """Whether a label goes now by a method that its source has since then; `None`: no run saw it yet.

    Raises:
        AccountRefused: what is noted beside the labels of its warehouse cannot be read.
    """
    within = timedelta(days=delivery.source.settings.hand_over_within)
    now = clock.now()
    known = [one.number for one in label.every if one.method is method]
    if _noted(delivery.ctx, label, method) > max([label.word.attempts if label.word is not None else 0, *known]):
        # A later state than this one attempted it: this one was put back since.
        return Goes.NOT_BY_ITSELF
    if label.word is not None:
        return Goes.NOW if now - label.word.at <= within else Goes.TOO_LATE
    if since is None or label.asked_for_at is None or label.asked_for_at < since:
        return Goes.NOT_BY_ITSELF
    if delivery.ret.status in _ARRIVED:
        return Goes.NOT_BY_ITSELF
    return Goes.NOW if now - label.asked_for_at <= within else Goes.TOO_LATE


def _noted(ctx: Context, label: TheLabel, method: Method) -> int:
    """The number of the last attempt that is noted beside the labels. Raises `AccountRefused`."""
    try:
        return ctx.labels.witness.highest(label.key.warehouse, label.sha256, method)
    except OSError as error:
        raise AccountRefused(
            label.key.warehouse,
            f"What was handed over is noted in {ctx.labels.path / label.key.warehouse / '.handed-over'}, which cannot "
            f"be read ({error.strerror}). No label of {label.key.warehouse} is handed over.",
            "Let this user read it: see its rights.",
        ) from error
