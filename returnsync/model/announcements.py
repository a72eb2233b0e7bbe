"""An announcement of one return for one order: how far it is, and why it waits, is held or is left alone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from returnsync.model.identifiers import Code, OrderNumber, ReturnId, SourceId, WarehouseName


class Step(StrEnum):
    """What comes next for an announcement, now or as soon as it can go on."""

    ANNOUNCE = "announce"
    """It is to be announced at the warehouse."""
    COMPARE = "compare"
    """It is announced; the warehouse's forecast is compared with what the platform shows."""
    UPDATE = "update"
    """It is announced and has changed since: it is compared, and the change is sent where updates are sent."""
    LABEL = "label"
    """It is announced as the platform shows it, and its label comes next."""
    HAND_OVER = "hand-over"
    """It has its label, which is to be handed over to the consumer."""
    NONE = "none"
    """Nothing, unless its platform shows something else or a person asks for more."""


class Progress(StrEnum):
    """Whether an announcement goes on now, later, only with a person, or not at all. `Step` says what comes next."""

    DUE = "due"
    """The next run does something for it."""
    WAITING = "waiting"
    """Nobody has to act: it is tried again at `due_at`, or when the platform shows a change."""
    HELD = "held"
    """A person must correct or decide something."""
    SETTLED = "settled"
    """Announced, and labelled and handed over where that is wanted. There is nothing to do."""
    LEFT_ALONE = "left_alone"
    """It was never announced, and will not be."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn, and no forecast of it exists: it was never announced, or a person removed the forecast."""
    RELEASED = "released"
    """A person took it out of returnsync's hands."""


OPEN = frozenset({Progress.DUE, Progress.WAITING, Progress.HELD})
"""The states of an announcement that is not finished."""


class Cause(StrEnum):
    """Why an announcement waits, is held or is left alone. Fixed words: `held` groups by them, scripts rely on them.

    A cause is for people: what comes next is never read from it, but from the announcement's `Step`. Only the following
    depends on the cause. An announcement that waits again for the same cause waits longer, and is held in the end. One
    that is held because it lacks a pair of reasons, a decision about its label or a look at its platform is found by
    its cause when that comes. One that waits for another announcement, or for the setting `only`, is found by it when
    the obstacle is gone. When a release is taken back, the cause says where the announcement had stopped.
    """

    # It waits:
    NOT_APPROVED = "not-approved"
    NOT_IN_ONLY = "not-in-only"
    ORDER_UNKNOWN = "order-unknown"
    ORDER_NOT_SHIPPED = "order-not-shipped"
    CALL_FAILED = "call-failed"
    LOOKUP_FAILED = "lookup-failed"
    IN_FLIGHT = "in-flight"
    LABELS_STOPPED = "labels-stopped"
    HAND_OVER_OUT = "hand-over-out"
    MAIL_TESTED = "mail-tested"
    HAND_OVER_FAILED = "hand-over-failed"
    # It is held:
    STATUS_UNKNOWN = "status-unknown"
    NO_ITEMS = "no-items"
    UNREADABLE = "unreadable"
    IDENTITY_UNCLEAR = "identity-unclear"
    ORDER_NUMBER_UNUSABLE = "order-number-unusable"
    ORDER_NUMBER_UNKNOWN = "order-number-unknown"
    LOOKUP_REFUSED = "lookup-refused"
    ORDER_AMBIGUOUS = "order-ambiguous"
    ORDER_DELETED = "order-deleted"
    CHANNEL_DIFFERS = "channel-differs"
    LINE_UNMATCHED = "line-unmatched"
    LINE_AMBIGUOUS = "line-ambiguous"
    TOO_MANY_UNITS = "too-many-units"
    COVERED_ELSEWHERE = "covered-elsewhere"
    REASON_UNPAIRED = "reason-unpaired"
    CARRIER_UNFIT = "carrier-unfit"
    FORECAST_DIFFERS = "forecast-differs"
    FORECAST_DOUBLED = "forecast-doubled"
    ECHO_DIFFERS = "echo-differs"
    FORECAST_REFUSED = "forecast-refused"
    FORECAST_IN_DOUBT = "forecast-in-doubt"
    LABEL_WANTED = "label-wanted"
    LABEL_REFUSED = "label-refused"
    LABEL_IN_DOUBT = "label-in-doubt"
    LABEL_UNUSABLE = "label-unusable"
    ADDRESS_REFUSED = "address-refused"
    HAND_OVER_REFUSED = "hand-over-refused"
    HAND_OVER_UNUSABLE = "hand-over-unusable"
    HAND_OVER_IN_DOUBT = "hand-over-in-doubt"
    NOT_HANDED_OVER = "not-handed-over"
    CHANGED_AFTER = "changed-after-announcement"
    CANCELLED_AFTER = "cancelled-after-announcement"
    APPROVED_AGAIN = "approved-again"
    MOVED_ORDER = "moved-order"
    UPDATE_REFUSED = "update-refused"
    VANISHED = "vanished-at-platform"
    RELEASE_TAKEN_BACK = "release-taken-back"
    # It is left alone:
    BEFORE_START = "before-start"
    NOT_COMING = "not-coming"
    ALREADY_DELIVERED = "already-delivered"
    ALREADY_COMPLETED = "already-completed"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Our pre-announcement of one return for one order: whether it goes on (`progress`), with what (`step`), why."""

    code: Code
    warehouse: WarehouseName
    source: SourceId
    return_id: ReturnId
    order_number: OrderNumber
    progress: Progress
    step: Step
    cause: Cause | None = None
    what: str = ""
    next_step: str = ""
    foreign: str = ""
    due_at: datetime | None = None
    waiting_since: datetime | None = None
    attempts: int = 0
    announced_at: datetime | None = None
    labelled_at: datetime | None = None
    units: str = ""
    """What was announced, as the platform showed it: see `mapping.lines.units`. Tells a change from a mere edit."""
    unread_since: datetime | None = None
    """Since when nothing may be sent for it until its platform was read, because a person took its release back."""
    order_ref: str = ""
    """The number by which the warehouse is asked for the order, before any rule; when empty, `order_number` is used."""
