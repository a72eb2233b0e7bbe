"""What `report` prints."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from returnsync.cli.schemas.shape import MayFail, Moment, Shape, SomeMoment

Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"})]
"""A day: 2026-11-22."""

Month = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$")]
"""A month: 2026-11."""


class Took(Shape):
    """How many hours something took."""

    number: int
    """How often it was done."""
    median: float
    percentile_95: float
    """The smallest figure that 95 of 100 do not exceed."""


class Hours(Shape):
    """Hours from the run that first found a return due to be announced."""

    source: str | None
    """`null`: all of them."""
    announced: Took | None
    labelled: Took | None


class Reason(Shape):
    """A return reason of a source."""

    source: str
    key: str
    words: str
    seen: int
    standing: Literal["paired", "text only", "unpaired"]
    """Whether it is paired, is sent as text only by choice, or is not paired."""


class States(Shape):
    """How many returns are in each state; what is due counts as waiting."""

    waiting: int
    held: int
    announced: int
    labelled: int
    left_alone: int
    withdrawn: int
    released: int
    unplanned: int


class OfDay(States):
    """How many returns were created on a day, in this machine's time zone, by state."""

    day: Day


# Names that begin with a figure cannot be those of a class.
Ages = TypedDict(
    "Ages", {"under_1_day": int, "1_to_3_days": int, "3_to_7_days": int, "1_to_4_weeks": int, "longer": int}
)
with_config(ConfigDict(extra="forbid", strict=True))(Ages)


class HeldFor(Shape):
    """What is held for one cause now."""

    cause: str
    number: int
    oldest: Moment
    ages: Ages
    """How many there are, by age."""


class Requests(Shape):
    """The requests of an account in the last 24 hours."""

    account: str
    requests: int | None
    limit: int


class Labels(Shape):
    """The labels that came in a month."""

    month: Month
    """In UTC."""
    carrier: str
    number: int


class Report(MayFail):
    """`report`."""

    made: Moment
    since: Moment
    until: SomeMoment
    labels_since: Moment
    sources: list[str]
    """The chosen sources; an empty list means all of them."""
    states: States
    """How many returns were created in that period, by state."""
    days: list[OfDay]
    """Each day on which returns were created."""
    hours: list[Hours]
    reasons: list[Reason]
    held: list[HeldFor]
    """As of now."""
    requests: list[Requests]
    labels: list[Labels]
    written: str | None
    """Where the page was written; `null` without `--html`."""
