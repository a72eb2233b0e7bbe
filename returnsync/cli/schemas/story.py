"""The story of a return, as `show` and `replay` tell it."""

from typing import Any, NotRequired

from returnsync.cli.schemas.shape import Error, Moment, Shape, SomeMoment
from returnsync.model import Progress, Step


class Line(Shape):
    """An article that comes back."""

    order_number: str
    """As the platform writes it."""
    sku: str
    title: str
    quantity: int
    reasons: list[str]
    """The keys of its reason and of the main reason of that."""
    comment: str
    """How long the consumer's comment is; empty where there is none."""


class SetAside(Shape):
    """A record of the platform that could not be read, or not be told from another."""

    code: str
    """Its key."""
    cause: str
    order_number: str
    """The order numbers in it; empty if there are none."""
    tracking_number: str
    created: SomeMoment
    what: str
    """What is wrong with it, in a sentence."""
    next_step: str
    """What to do about it."""
    first_seen: Moment
    tried_at: Moment
    """When it was read last."""
    tries: int
    is_released: bool
    """Whether a person took it out of returnsync's hands."""


class Rule(Shape):
    """A rule that changed an order number."""

    rule: str
    """As it is written in the configuration."""
    number: str
    """The number after it."""


class SentLine(Shape):
    """A line of the forecast that the warehouse was sent."""

    order_line_id: str
    sku: str
    quantity: int
    matched_by: str
    """How the order line was found, in words; empty if that is no longer known."""
    reason: str
    """The return reason as it was sent."""
    reason_id: int | None
    """The warehouse's reason that it is paired with."""
    reason_by: str
    """Whether it was paired or was sent as text only."""


class NowLine(Shape):
    """An article as the platform shows it now."""

    quantity: int
    sku: str


class Sent(Shape):
    """What was sent to the warehouse for an announcement."""

    order_number: str
    """The number that was sent to the warehouse."""
    order_rules: list[Rule]
    lines: list[SentLine]
    now: list[NowLine]
    """What the platform shows now, if it differs from what was announced; otherwise empty."""
    carrier: str
    """The carrier of the label that was asked for; empty if none was."""
    carrier_by: str
    """What decided which carrier it is, in words."""


class Nothing(Shape):
    """An object without a key."""


class Label(Shape):
    """A label that came."""

    file: str
    """Its path in the folder of labels."""
    path: str
    """Its full path."""
    tracking_link: str
    saved_at: Moment
    removed_at: SomeMoment


class Announcement(Shape):
    """The announcement of a return for one order."""

    code: str
    order_number: str
    """As the platform writes it."""
    warehouse: str
    progress: Progress
    step: Step
    """What comes next."""
    cause: str
    """Why it waits, is held or is left alone; empty where it goes on."""
    what: str
    """The same in a sentence."""
    answer: str
    """What the warehouse said, masked; empty where it said nothing."""
    next_step: str
    """What a person can do; empty where there is nothing to do."""
    due_at: SomeMoment
    """When it is tried again."""
    announced_at: SomeMoment
    sent: Sent | Nothing
    """What was sent to the warehouse; an empty object if nothing was sent yet."""
    labels: list[Label]
    """The oldest first."""


class Happened(Shape):
    """An entry of the history."""

    at: Moment
    run: str
    """The run in which it happened; empty where that is not kept."""
    code: str
    """The announcement that it is about; empty where it is about the return."""
    event: str
    """What happened, in a fixed word."""
    detail: dict[str, Any]
    """What else is known of it; its keys are those of the event."""
    text: str
    """The whole as a sentence."""


class Failed(Error):
    """Why something could not be done, and the exit code that follows."""

    exit_code: int


class Story(Shape):
    """A return, or a record that could not be read; what a platform or a warehouse wrote is masked of the consumer."""

    source: str
    return_id: str
    """The platform's id; of a record, its key."""
    return_number: str
    """As the platform shows it to people; empty where it has none."""
    status: str
    """The platform's own word; empty for a record."""
    created: SomeMoment
    """When it was made at the platform."""
    erased_at: SomeMoment
    """When its personal data were erased."""
    lines: list[Line]
    set_aside: list[SetAside]
    """Records of it that could not be read."""
    announcements: list[Announcement]
    history: list[Happened]
    """The oldest first."""
    raw: NotRequired[list[Any]]
    """Only with `--raw`: the platform's own records, masked unless `--private` is given."""
    raw_kept: NotRequired[int]
    """Only with `--raw`: how many of the last of these the state kept; the others were read now."""
    raw_read_at: NotRequired[SomeMoment]
    """Only with `--raw`: when they were read."""
    raw_error: NotRequired[Failed | None]
    """Only with `--raw`: what kept them from being read."""
