"""What the commands print that help to set up an account: `check`, `map-reasons`, `accept-account`."""

from typing import Literal

from returnsync.cli.schemas.shape import MayFail, Shape, SomeMoment


class CheckedLine(Shape):
    """A line of `check`."""

    about: str
    """The source, the warehouse, or the part of the set-up."""
    subject: str
    """What was tried."""
    ok: bool
    """Whether nothing fails; true for a warning as well."""
    text: str
    """What was found."""
    next_step: str
    """What to do; empty where there is nothing to do."""
    temporary: bool
    """Whether what is wrong may heal by itself."""
    warning: bool
    """Whether it works as it is, but may still be wrong."""


class NumberStep(Shape):
    """What one rule makes of an order number."""

    rule: str
    number: str
    """The number after it."""
    note: str


class NumberAtWarehouse(Shape):
    """What a warehouse shows for a number; what is not known is `null`."""

    warehouse: str
    order_number: str | None
    channel: str | None
    shipped: bool | None
    deleted: bool | None
    lines: int | None
    """How many lines the order has."""
    ok: bool
    """Whether a return can be announced on it."""
    text: str
    next_step: str


class CheckedNumber(Shape):
    """An order number at one source, of `check --order`."""

    source: str
    number: str
    """As it was given."""
    steps: list[NumberStep]
    result: str
    """What the warehouse is asked for."""
    ok: bool
    """Whether the rules made a number that can be asked for."""
    text: str
    next_step: str
    warehouses: list[NumberAtWarehouse]
    exit_code: int


class Suggestion(Shape):
    """A reason of the warehouse that may be meant."""

    id: int
    label: str
    score: int
    """How alike the two are, 0 to 100."""


class Reason(Shape):
    """A return reason of a source, and how it is sent."""

    source: str
    platform: str
    key: str
    words: str
    """The reason as the platform words it, with its main reason."""
    main: str
    """Its main reason, where it is a sub-reason."""
    listed: bool
    """Whether the platform lists it now."""
    seen: int
    """How many lines had it."""
    last_seen: SomeMoment
    channels: dict[str, int]
    """By sales channel, how many lines had it."""
    standing: Literal["paired", "text only", "gone", "unpaired"]
    """How it is paired; `gone`: with a reason that the warehouse no longer offers."""
    id: int | None
    """The warehouse's reason that it is paired with."""
    parent_id: int | None
    warehouse_label: str
    """What that was called when it was paired."""
    called_now: str
    """What it is called now, where that is another name."""
    chosen_by: str
    """Who paired it: `person` or `auto`; empty where nobody did."""
    suggestions: list[Suggestion]
    """For what is to be paired, the likeliest first."""


class Problem(Shape):
    """A pair that is missing, or is wrong."""

    kind: Literal["unpaired", "gone-at-warehouse", "gone-at-platform", "unknown-owner"]
    owner: str
    """The source or platform."""
    channel: str
    key: str
    words: str
    seen: int
    last_seen: SomeMoment


class Reasons(MayFail):
    """`map-reasons --list`."""

    reasons: list[Reason]
    problems: list[Problem]


class Problems(MayFail):
    """`map-reasons --check`."""

    problems: list[Problem]


class PairedReason(Shape):
    """A reason that was paired by likeness."""

    source: str
    key: str
    words: str
    id: int
    """The warehouse's reason."""
    label: str
    score: int


class LeftReason(Shape):
    """A reason that was not paired."""

    source: str
    key: str
    words: str
    best: int | None
    """The score of the likeliest; `null` where the warehouse offers none."""


class PairedByLikeness(MayFail):
    """`map-reasons --auto`."""

    paired: list[PairedReason]
    left: list[LeftReason]


class Imported(MayFail):
    """`map-reasons --import`."""

    paired: int
    unpaired: int


class Accepted(MayFail):
    """`accept-account`."""

    name: str
    accepted: bool
    """Whether it was another account; else nothing was changed."""
